# Random supervisors: see supervisors.py.
Code.require_file("show.exs", __DIR__)

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

defmodule Top do
  def init({flags, children}), do: {:ok, {flags, children}}
end

defmodule Play do
  def play(%{options: options, children: children, operations: operations}) do
    Process.flag(:trap_exit, true)
    starts = :counters.new(100, [])
    spec = &spec(self(), starts, &1)
    flags = %{
      strategy: options.strategy,
      intensity: options.max_restarts,
      period: 3600,
      auto_shutdown: options.auto_shutdown
    }

    case Supervisor.start_link(Top, {flags, Enum.map(children, spec)}) do
      {:ok, sup} ->
        Process.unlink(sup)
        Process.monitor(sup)
        settle(sup)
        [{:started, events(), rows(sup)} | operate(sup, spec, operations)]
      _ -> [{:refused, events()}]
    end
  end

  defp operate(sup, _, []) do
    Supervisor.stop(sup)
    [{:stopped, events()}]
  end

  defp operate(sup, spec, [operation | others]) do
    result = try do operation(sup, spec, operation) catch :exit, _ -> :failed end
    settle(sup)
    case rows(sup) do
      :dead -> [{result, events(), :dead}]
      rows -> [{result, events(), rows} | operate(sup, spec, others)]
    end
  end

  defp spec(to, starts, child) do
    %{
      id: child.id,
      start: {Child, :start, [to, starts, child]},
      restart: child.restart,
      shutdown: child.shutdown,
      significant: child.significant
    }
  end

  # What it has to do with itself is done when it has answered a few times.
  defp settle(sup) do
    for _ <- 1..4 do
      try do Supervisor.count_children(sup) catch :exit, _ -> :ok end
      Process.sleep(1)
    end
  end

  defp events do
    receive do
      {:EXIT, _, _} -> events()
      {:DOWN, _, _, _, reason} -> [{:down, reason} | events()]
      message -> [message | events()]
    after
      0 -> []
    end
  end

  defp rows(sup) do
    try do
      for {id, pid, _, _} <- Enum.reverse(Supervisor.which_children(sup)), do: {id, state(pid)}
    catch
      :exit, _ -> :dead
    end
  end

  defp state(pid) when is_pid(pid), do: :up
  defp state(other), do: other

  defp operation(sup, _, {:crash, ids, reason}) do
    rows = Supervisor.which_children(sup)
    pids = for id <- ids, {^id, pid, _, _} <- rows, is_pid(pid), do: pid
    :sys.suspend(sup)
    for pid <- pids do
      ref = Process.monitor(pid)
      if reason == :kill, do: Process.exit(pid, :kill), else: send(pid, {:die, reason})
      receive do {:DOWN, ^ref, _, _, _} -> :ok end
    end
    :sys.resume(sup)
    length(pids)
  end

  defp operation(sup, _, {:terminate, id}), do: result(Supervisor.terminate_child(sup, id))
  defp operation(sup, _, {:restart, id}), do: result(Supervisor.restart_child(sup, id))
  defp operation(sup, _, {:delete, id}), do: result(Supervisor.delete_child(sup, id))
  defp operation(sup, spec, {:start, child}), do: result(Supervisor.start_child(sup, spec.(child)))

  defp result(:ok), do: :ok
  defp result({:ok, pid}) when is_pid(pid), do: :ok
  defp result({:ok, :undefined}), do: :ignored
  defp result({:error, {:already_started, _}}), do: :already_started
  defp result({:error, :refused}), do: :error
  defp result({:error, {:refused, _}}), do: :error
  defp result({:error, {:EXIT, _}}), do: :raised
  defp result({:error, {{:EXIT, _}, _}}), do: :raised
  defp result({:error, reason}), do: reason
end

Show.cases(&Play.play/1)
