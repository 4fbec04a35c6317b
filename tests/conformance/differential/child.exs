# A child that tells what it does: see supervisors.py.
defmodule Child do
  # The n-th start of a child does what its list says, and starts it when that is at its end.
  def start(to, starts, child) do
    n = :counters.get(starts, child.number)
    :counters.add(starts, child.number, 1)

    case Enum.at(child.starts, n, :start) do
      :ignore -> tell(to, {:ignore, child.id}, :ignore)
      :error -> tell(to, {:error, child.id}, {:error, :refused})
      :raise ->
        send(to, {:raise, child.id})
        raise "no"
      :start ->
        supervisor = self()
        pid = spawn_link(fn -> begin(supervisor, to, child) end)
        receive do
          {:ready, ^pid} -> tell(to, {:start, child.id}, {:ok, pid})
        end
    end
  end

  defp tell(to, message, result) do
    send(to, message)
    result
  end

  defp begin(supervisor, to, child) do
    Process.flag(:trap_exit, child.traps)
    send(supervisor, {:ready, self()})
    receive do
      {:die, reason} ->
        send(to, {:die, child.id})
        exit(reason)
      {:EXIT, _, reason} ->
        send(to, {:stop, child.id, reason})
        exit(reason)
    end
  end
end
