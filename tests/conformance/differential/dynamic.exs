# Random dynamic supervisors: see dynamic.py.
Code.require_file("show.exs", __DIR__)
Code.require_file("child.exs", __DIR__)

defmodule Play do
  def play(%{options: options, operations: operations}) do
    Process.flag(:trap_exit, true)
    starts = :counters.new(100, [])
    spec = &spec(self(), starts, &1)
    max_children = if options.max_children, do: options.max_children, else: :infinity

    {:ok, sup} =
      DynamicSupervisor.start_link(
        strategy: :one_for_one,
        max_restarts: options.max_restarts,
        max_seconds: 3600,
        max_children: max_children
      )

    Process.unlink(sup)
    Process.monitor(sup)
    operate(sup, spec, [], operations)
  end

  defp operate(sup, _, _, []) do
    DynamicSupervisor.stop(sup)
    [{:stopped, events()}]
  end

  defp operate(sup, spec, pids, [operation | others]) do
    {result, pids} =
      try do
        operation(sup, spec, pids, operation)
      catch
        :exit, _ -> {:failed, pids}
      end

    settle(sup)
    case rows(sup) do
      :dead -> [{result, events(), :dead}]
      rows -> [{result, events(), rows} | operate(sup, spec, pids, others)]
    end
  end

  defp spec(to, starts, child) do
    %{
      id: child.id,
      start: {Child, :start, [to, starts, child]},
      restart: child.restart,
      shutdown: child.shutdown
    }
  end

  defp settle(sup) do
    for _ <- 1..4 do
      try do DynamicSupervisor.count_children(sup) catch :exit, _ -> :ok end
      Process.sleep(1)
    end
  end

  # All children are told to stop at once, so their words may come in any order.
  defp events do
    receive do
      {:EXIT, _, _} -> events()
      {:DOWN, _, _, _, reason} -> [{:down, reason} | events()]
      {:stop, id, reason} -> Enum.sort([{:stop, id, reason} | events()])
      message -> [message | events()]
    after
      0 -> []
    end
  end

  defp rows(sup) do
    try do
      count = DynamicSupervisor.count_children(sup)
      rows = DynamicSupervisor.which_children(sup)
      {count.specs, count.active, Enum.count(rows, &is_pid(elem(&1, 1)))}
    catch
      :exit, _ -> :dead
    end
  end

  defp operation(sup, spec, pids, {:start, child}) do
    case DynamicSupervisor.start_child(sup, spec.(child)) do
      {:ok, pid} -> {:ok, pids ++ [pid]}
      :ignore -> {:ignored, pids}
      {:error, {:EXIT, _}} -> {:raised, pids}
      {:error, {%{__exception__: true}, _}} -> {:raised, pids}
      {:error, :refused} -> {:error, pids}
      {:error, reason} -> {reason, pids}
    end
  end

  defp operation(sup, _, pids, {:terminate, number}) do
    case Enum.at(pids, number) do
      nil -> {:nobody, pids}
      pid ->
        case DynamicSupervisor.terminate_child(sup, pid) do
          :ok -> {:ok, pids}
          {:error, reason} -> {reason, pids}
        end
    end
  end

  defp operation(sup, _, pids, {:crash, reason}) do
    running = for {_, pid, _, _} <- DynamicSupervisor.which_children(sup), is_pid(pid), do: pid
    # Pids grow, so the first is the one that has been started first.
    case Enum.sort(running) do
      [] -> {:nobody, pids}
      [pid | _] ->
        ref = Process.monitor(pid)
        if reason == :kill, do: Process.exit(pid, :kill), else: send(pid, {:die, reason})
        receive do {:DOWN, ^ref, _, _, _} -> :ok end
        {:ok, pids}
    end
  end
end

Show.cases(&Play.play/1, 20)
