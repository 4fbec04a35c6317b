defmodule Show do
  # As beam.show prints it on the other side.
  def show(nil), do: "nil"
  def show(t) when is_tuple(t), do: "(" <> join(Tuple.to_list(t)) <> ")"
  def show(l) when is_list(l), do: "[" <> join(l) <> "]"
  def show(p) when is_pid(p), do: "pid"
  def show(x), do: to_string(x)
  defp join(l), do: Enum.map_join(l, ", ", &show/1)

  # Reads the cases, and prints the trace of each; so many of them are run at a time.
  def cases(play, at_a_time \\ 1) do
    Logger.configure(level: :none)
    Process.flag(:trap_exit, true)
    [file] = System.argv()
    {:ok, cases} = :file.consult(file)

    for played <- Task.async_stream(cases, play, max_concurrency: at_a_time, timeout: 60_000) do
      trace = with {:exit, reason} <- played, do: {:ok, [inspect(reason)]}
      IO.puts(["--\n" | Enum.map(elem(trace, 1), &[show(&1), "\n"])])
    end
  end
end
