# Random trees of supervisors: see trees.py.
Code.require_file("show.exs", __DIR__)

# Knows who runs, by the number of its start, and what has happened in which order.
defmodule Recorder do
  def start, do: spawn(fn -> loop(%{numbers: %{}, alive: %{}, events: []}) end)

  def watch(recorder, pid, child) do
    send(recorder, {:watch, self(), pid, child.id, child.kind})
    receive do
      {:watched, ^pid} -> pid
    end
  end

  def note(recorder, event), do: send(recorder, {:note, event})
  def events(recorder), do: ask(recorder, :events)
  # Who runs: {number, pid, kind, number of its supervisor}, in the order of the numbers.
  def alive(recorder), do: ask(recorder, :alive)
  def numbers(recorder), do: ask(recorder, :numbers)
  # What differs when anything has happened.
  def now(recorder), do: ask(recorder, :now)

  defp ask(recorder, what) do
    send(recorder, {what, self()})
    receive do
      {^what, answer} -> answer
    end
  end

  defp loop(state) do
    receive do
      {:watch, parent, pid, id, kind} ->
        state = state |> numbered(parent) |> numbered(pid)
        {above, number} = {state.numbers[parent], state.numbers[pid]}
        Process.monitor(pid)
        send(parent, {:watched, pid})
        state = put_in(state.alive[pid], {number, pid, kind, above})
        loop(added(state, {:start, number, above, kind, id}))

      {:note, event} ->
        loop(added(state, event))

      {:DOWN, _, _, pid, reason} ->
        event = {:down, state.numbers[pid], Play.plain(reason)}
        loop(added(%{state | alive: Map.delete(state.alive, pid)}, event))

      {:events, from} ->
        send(from, {:events, Enum.reverse(state.events)})
        loop(%{state | events: []})

      {:alive, from} ->
        send(from, {:alive, Enum.sort(Map.values(state.alive))})
        loop(state)

      {:now, from} ->
        send(from, {:now, {state.events, state.alive}})
        loop(state)

      {:numbers, from} ->
        send(from, {:numbers, state.numbers})
        loop(state)
    end
  end

  defp added(state, event), do: %{state | events: [event | state.events]}

  # A supervisor has its number before its first child.
  defp numbered(state, pid) do
    %{state | numbers: Map.put_new(state.numbers, pid, map_size(state.numbers))}
  end
end

defmodule Top do
  def init(it), do: {:ok, it}
end

defmodule Child do
  def spec(to, child, extra) do
    %{
      id: child.id,
      start: {Child, :start, extra ++ [to, child]},
      restart: child.restart,
      shutdown: child.shutdown,
      type: if(child.kind == :worker, do: :worker, else: :supervisor),
      significant: child.significant
    }
  end

  # The n-th start of a child does what its list says, and starts it when that is at its end.
  def start(extra, {recorder, starts} = to, child) do
    n = :counters.get(starts, child.number)
    :counters.add(starts, child.number, 1)
    how = Enum.at(child.starts, n, :start)
    if how != :start, do: Recorder.note(recorder, {how, child.id, extra})
    begin(how, to, child)
  end

  defp begin(:ignore, _, _), do: :ignore
  defp begin(:error, _, _), do: {:error, :refused}
  defp begin(:raise, _, _), do: raise("no")
  defp begin(:exit, _, _), do: exit(:gone)
  defp begin(:bad, _, _), do: :oops

  defp begin(:info, to, child) do
    with {:ok, pid} <- begin(:start, to, child), do: {:ok, pid, :info}
  end

  # It is dead when its supervisor hears of it.
  defp begin({:dead, reason}, to, child) do
    {:ok, pid} = begin(:start, to, child)
    ref = Process.monitor(pid)
    send(pid, {:die, reason})
    receive do
      {:DOWN, ^ref, _, _, _} -> {:ok, pid}
    end
  end

  defp begin(:start, {recorder, _} = to, child) do
    with {:ok, pid} <- run(child.kind, to, child) do
      # Of its children some may be dead already, or soon after a restart: it sees to that first.
      if child.kind != :worker, do: for _ <- 1..8, do: Play.count(child.kind, pid)
      {:ok, Recorder.watch(recorder, pid, child)}
    end
  end

  defp run(:worker, _, child) do
    parent = self()
    pid = spawn_link(fn -> live(parent, child) end)
    receive do
      {:ready, ^pid} -> {:ok, pid}
    end
  end

  defp run(:supervisor, to, child) do
    flags = %{
      strategy: child.strategy,
      intensity: child.max_restarts,
      period: 3600,
      auto_shutdown: child.auto_shutdown
    }

    Supervisor.start_link(Top, {flags, Enum.map(child.children, &spec(to, &1, [nil]))})
  end

  defp run(:dynamic, _, child) do
    DynamicSupervisor.start_link(
      strategy: :one_for_one,
      max_restarts: child.max_restarts,
      max_seconds: 3600,
      max_children: child.max_children || :infinity,
      extra_arguments: [:extra]
    )
  end

  defp run(:partition, {_, starts} = to, child) do
    PartitionSupervisor.start_link(
      # Another name each time: one that is left behind may still have the last.
      name: :"partitions_#{child.number}_#{:counters.get(starts, child.number)}",
      child_spec: spec(to, hd(child.children), [nil]),
      partitions: child.partitions,
      strategy: child.strategy,
      max_restarts: child.max_restarts,
      max_seconds: 3600
    )
  end

  defp live(parent, child) do
    Process.flag(:trap_exit, child.traps != :no)
    send(parent, {:ready, self()})
    wait(child.traps)
  end

  defp wait(traps) do
    receive do
      {:die, reason} -> exit(reason)
      {:EXIT, _, :shutdown} when traps == :deaf -> wait(traps)
      {:EXIT, _, reason} -> exit(reason)
    end
  end
end

defmodule Play do
  def play(%{root: root, operations: operations}) do
    recorder = Recorder.start()
    to = {recorder, :counters.new(100, [])}
    me = self()

    parent =
      spawn(fn ->
        Process.flag(:trap_exit, true)
        send(me, {:root, Child.start(nil, to, root)})
        receive do
          {:die, reason} -> exit(reason)
        end
      end)

    started = receive do {:root, answer} -> result(answer) end
    settle(recorder, 2)
    trace = [{:did, started} | seen(recorder)] ++ operate(to, parent, operations)
    Process.exit(recorder, :kill)
    Process.exit(parent, :kill)
    trace
  end

  defp operate({recorder, _} = to, parent, operations) do
    case {Recorder.alive(recorder), operations} do
      {[], _} -> []
      {_, []} -> did(to, parent, {:parent, :normal})
      {_, [operation | others]} -> did(to, parent, operation) ++ operate(to, parent, others)
    end
  end

  defp did({recorder, _} = to, parent, operation) do
    alive = Recorder.alive(recorder)
    result = try do operation(to, parent, alive, operation) catch :exit, _ -> :failed end
    settle(recorder, 2)
    [{:did, result} | seen(recorder)]
  end

  # Whoever waits for a child with a time limit answers when that is over; the rest is at rest
  # when it waits for a message and has none, and that twice.
  defp settle(_, 0), do: :ok

  defp settle(recorder, times) do
    {alive, now} = {Recorder.alive(recorder), Recorder.now(recorder)}
    for {_, pid, kind, _} <- alive, kind != :worker, do: count(kind, pid)
    quiet = Enum.all?(alive, fn {_, pid, _, _} -> rests?(pid) end) and rests?(recorder)
    :erlang.yield()
    same = Recorder.now(recorder) == now
    settle(recorder, if(quiet and same, do: times - 1, else: 2))
  end

  defp rests?(pid) do
    Process.info(pid, [:status, :message_queue_len]) == [status: :waiting, message_queue_len: 0]
  end

  defp seen(recorder) do
    events = Recorder.events(recorder)
    numbers = Recorder.numbers(recorder)
    supervisors = for {_, _, kind, _} = each <- Recorder.alive(recorder), kind != :worker, do: each
    events ++ for {number, pid, kind, _} <- supervisors do
      count = count(kind, pid)
      {:rows, number, rows(kind, pid, numbers), {count.specs, count.active, count.supervisors, count.workers}}
    end
  end

  defp rows(kind, pid, numbers) do
    rows = for {id, pid, type, _} <- which(kind, pid), do: {id, Map.get(numbers, pid, pid), type}
    if kind == :dynamic, do: Enum.sort(rows), else: rows
  end

  defp which(:dynamic, pid), do: DynamicSupervisor.which_children(pid)
  defp which(_, pid), do: Supervisor.which_children(pid)

  def count(kind, pid) do
    try do
      if kind == :dynamic, do: DynamicSupervisor.count_children(pid), else: Supervisor.count_children(pid)
    catch
      :exit, _ -> :dead
    end
  end

  # Ends a child, or two of one supervisor before that can look; supervisors are only killed.
  defp operation(_, _, alive, {:crash, place, most, reason}) do
    numbers = for each <- alive, do: elem(each, 0)
    may = for {_, _, kind, above} = each <- alive,
              above in numbers,
              kind == :worker or reason == :kill,
              do: each

    case at(may, place) do
      nil -> :nobody
      {number, pid, _, above} ->
        others = for {n, other, _, ^above} <- may, n != number, do: other
        pids = Enum.take([pid | others], most)
        [supervisor] = for {^above, pid, _, _} <- alive, do: pid
        :sys.suspend(supervisor)
        for pid <- pids, do: crash(pid, reason)
        :sys.resume(supervisor)
        length(pids)
    end
  end

  defp operation(_, _, alive, {:signal, place, reason}) do
    {_, pid, _, _} = at(alive, place)
    Process.exit(pid, reason)
    :ok
  end

  defp operation(_, parent, _, {:parent, reason}) do
    send(parent, {:die, reason})
    :ok
  end

  defp operation(to, _, alive, operation) do
    case at(for({_, _, kind, _} = each <- alive, kind != :worker, do: each), elem(operation, 1)) do
      nil -> :nobody
      {_, pid, kind, _} -> supervise(kind, pid, to, operation)
    end
  end

  defp supervise(_, pid, _, {:stop, _, reason}), do: Supervisor.stop(pid, reason)
  defp supervise(:partition, _, _, _), do: :none

  defp supervise(:dynamic, pid, to, {:start, _, child}) do
    result(DynamicSupervisor.start_child(pid, Child.spec(to, child, [])))
  end

  defp supervise(:dynamic, pid, to, {:terminate, _, place}) do
    running = for {_, child, _, _} <- DynamicSupervisor.which_children(pid), is_pid(child), do: child
    numbers = Recorder.numbers(elem(to, 0))
    child = Enum.at(Enum.sort_by(running, &numbers[&1]), place) || self()
    result(DynamicSupervisor.terminate_child(pid, child))
  end

  defp supervise(:dynamic, _, _, _), do: :none

  defp supervise(:supervisor, pid, to, {:start, _, child}) do
    result(Supervisor.start_child(pid, Child.spec(to, child, [nil])))
  end

  defp supervise(:supervisor, pid, _, {what, _, place}) do
    ids = for {id, _, _, _} <- Supervisor.which_children(pid), do: id
    id = Enum.at(Enum.sort(ids), place, :nobody)

    result(
      case what do
        :terminate -> Supervisor.terminate_child(pid, id)
        :restart -> Supervisor.restart_child(pid, id)
        :delete -> Supervisor.delete_child(pid, id)
      end
    )
  end

  defp at([], _), do: nil
  defp at(list, place), do: Enum.at(list, rem(place, length(list)))

  defp crash(pid, reason) do
    ref = Process.monitor(pid)
    if reason == :kill, do: Process.exit(pid, :kill), else: send(pid, {:die, reason})
    receive do {:DOWN, ^ref, _, _, _} -> :ok end
  end

  defp result(:ok), do: :ok
  defp result({:ok, pid}) when is_pid(pid), do: :ok
  defp result({:ok, _, :info}), do: :info
  defp result({:ok, :undefined}), do: :ignored
  defp result(:ignore), do: :ignored
  defp result({:error, {:already_started, _}}), do: :already_started
  defp result({:error, {:bad_combination, _}}), do: :bad_combination
  defp result({:error, reason}), do: {:error, plain(reason)}

  # Without what Python has no counterpart of: stack traces and records of children.
  def plain({:EXIT, reason}), do: plain(reason)
  def plain({%{__exception__: true}, _}), do: :raised
  def plain({reason, child}) when is_tuple(child) and elem(child, 0) == :child, do: plain(reason)
  def plain({:shutdown, reason}), do: {:shutdown, plain(reason)}
  def plain({:failed_to_start_child, id, reason}), do: {:failed_to_start_child, id, plain(reason)}
  def plain(reason), do: reason
end

Show.cases(&Play.play/1)
