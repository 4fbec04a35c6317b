# Many processes alive at once, in Elixir; the same work as in scale_aquavit.py.
# `elixir --erl "+S 1:1 +P 4000000" scale.exs COUNT` prints figures.

defmodule Scale do
  @width 10
  @later 3_600_000

  def main([count]) do
    count = String.to_integer(count)
    {_, ref} = spawn_monitor(fn -> measure(count) end)

    receive do
      {:DOWN, ^ref, :process, _, :normal} -> :ok
      {:DOWN, ^ref, :process, _, reason} -> exit(reason)
    end
  end

  defp measure(count) do
    me = self()
    :erlang.garbage_collect()
    before = resident()
    started = now()
    top = spawn(fn -> node_(count, me) end)
    pids = take_pids(count, [])
    spawned = since(started)
    bytes = (resident() - before) / count
    started = now()
    Enum.each(pids, &send(&1, {:question, me}))
    take_answers(count)
    answered = since(started)
    Enum.each(pids, &Process.monitor/1)
    started = now()
    Process.exit(top, :over)
    take_downs(count)
    died = since(started)
    IO.puts(~s({"spawn": #{spawned}, "round": #{answered}, "die": #{died}, "bytes": #{bytes}}))
  end

  defp node_(size, observer) do
    below(size - 1, observer)
    Process.send_after(self(), :later, @later)
    send(observer, {:pid, self()})
    answer()
  end

  defp below(count, observer) do
    each = div(count, @width)
    more = rem(count, @width)

    for place <- 0..(@width - 1) do
      size = if place < more, do: each + 1, else: each
      if size > 0, do: spawn_link(fn -> node_(size, observer) end)
    end
  end

  defp answer do
    receive do
      {:question, caller} ->
        send(caller, :answer)
        answer()
    end
  end

  defp take_pids(0, pids), do: pids

  defp take_pids(left, pids) do
    receive do
      {:pid, pid} -> take_pids(left - 1, [pid | pids])
    end
  end

  defp take_answers(0), do: :ok

  defp take_answers(left) do
    receive do
      :answer -> take_answers(left - 1)
    end
  end

  defp take_downs(0), do: :ok

  defp take_downs(left) do
    receive do
      {:DOWN, _, :process, _, :over} -> take_downs(left - 1)
    end
  end

  defp resident do
    [_, kilobytes] = Regex.run(~r/VmRSS:\s+(\d+)/, File.read!("/proc/self/status"))
    String.to_integer(kilobytes) * 1024
  end

  defp now, do: :erlang.monotonic_time(:nanosecond)
  defp since(started), do: (now() - started) / 1.0e9
end

Scale.main(System.argv())
