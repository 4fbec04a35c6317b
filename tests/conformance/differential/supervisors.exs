# Random supervisors: see supervisors.py.
Code.require_file("show.exs", __DIR__)
Code.require_file("child.exs", __DIR__)

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

Show.cases(&Play.play/1, 20)
