defmodule Show do
  # As beam.show prints it on the other side.
  def show(nil), do: "nil"
  def show(t) when is_tuple(t), do: "(" <> join(Tuple.to_list(t)) <> ")"
  def show(l) when is_list(l), do: "[" <> join(l) <> "]"
  def show(p) when is_pid(p), do: "pid"
  def show(x), do: to_string(x)
  defp join(l), do: Enum.map_join(l, ", ", &show/1)

  # Reads the cases, and prints the trace of each.
  def cases(play) do
    Logger.configure(level: :none)
    Process.flag(:trap_exit, true)
    [file] = System.argv()
    {cases, _} = Code.eval_string(File.read!(file))

    for case <- cases do
      IO.puts("--")
      task = Task.async(fn -> play.(case) end)
      for line <- Task.await(task, 60_000), do: IO.puts(show(line))
    end
  end
end
