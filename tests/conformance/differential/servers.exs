# Random servers: see servers.py.
Code.require_file("show.exs", __DIR__)

defmodule Server do
  use GenServer

  def init({table, to}) do
    Process.put(:calls, 0)
    Process.flag(:trap_exit, table[:traps])
    case then_of(do_it({table, to}, {:init, 0})) do
      {:stop, reason} -> {:stop, reason}
      {:ignore, _} -> :ignore
      {:on, nil} -> {:ok, {table, to}}
      {:on, next} -> {:ok, {table, to}, next}
    end
  end

  def handle_call(request, _, state) do
    case do_it(state, {:call, request}) do
      {:reply, value, next} -> with_next({:reply, value, state}, next)
      other -> no_reply(other, state)
    end
  end

  def handle_cast(request, state), do: no_reply(do_it(state, {:cast, request}), state)
  def handle_info(:timeout, state), do: no_reply(do_it(state, {:timeout, 0}), state)
  def handle_info({:EXIT, _, reason}, state), do: no_reply(do_it(state, {:exit, reason}), state)
  def handle_info(message, state), do: no_reply(do_it(state, {:info, message}), state)
  def handle_continue(argument, state), do: no_reply(do_it(state, {:continue, argument}), state)

  def terminate(reason, {table, to}) do
    send(to, {:terminate, Play.reason(reason)})
    case table[:terminate] do
      :exit -> exit(:in_terminate)
      :raise -> raise "no"
      _ -> :ok
    end
  end

  # Two in a row may call each other for ever: after 30 calls every result is a stop.
  defp do_it({table, to}, event) do
    send(to, event)
    Process.put(:calls, Process.get(:calls) + 1)
    if Process.get(:calls) > 30, do: {:stop, :enough}, else: Map.get(table, event, {:on, nil})
  end

  defp no_reply(result, state) do
    case then_of(result) do
      {:on, next} -> with_next({:noreply, state}, next)
      {:stop, reason} -> {:stop, reason, state}
      {:stop, reason, reply} -> {:stop, reason, reply, state}
      other -> other
    end
  end

  defp then_of({:exit, reason}), do: exit(reason)
  defp then_of(:raise), do: raise("no")
  defp then_of(other), do: other

  defp with_next(result, nil), do: result
  defp with_next(result, next), do: Tuple.append(result, next)
end

defmodule Play do
  def play(%{table: table, operations: operations}) do
    Process.flag(:trap_exit, true)
    me = self()
    started = try do GenServer.start(Server, {table, me}) catch :exit, r -> {:error, r} end

    case started do
      {:ok, pid} ->
        Process.monitor(pid)
        settle(pid)
        [{:started, events()} | go_on(pid, operations)]
      :ignore -> [{:ignored, events()}]
      {:error, reason} -> [{reason(reason), events()}]
    end
  end

  defp operate(pid, []) do
    result = try do GenServer.stop(pid) catch :exit, r -> reason(r) end
    [{result, events()}]
  end

  defp operate(pid, [operation | others]) do
    result = operation(pid, operation)
    settle(pid)
    events = events()
    [{result, events} | go_on(pid, others)]
  end

  defp go_on(pid, operations) do
    if Process.alive?(pid), do: operate(pid, operations), else: []
  end

  defp operation(pid, {:call, request}) do
    try do {:replied, GenServer.call(pid, request)} catch :exit, r -> reason(r) end
  end

  defp operation(pid, {:burst, messages}) do
    :sys.suspend(pid)
    for {kind, content} <- messages do
      case kind do
        :cast -> GenServer.cast(pid, content)
        :info -> send(pid, content)
        :exit -> Process.exit(pid, content)
      end
    end
    try do :sys.resume(pid) catch :exit, _ -> :ok end
    :ok
  end

  defp settle(pid) do
    for _ <- 1..3 do
      try do :sys.get_status(pid) catch :exit, _ -> :ok end
      Process.sleep(1)
    end
  end

  defp events do
    receive do
      {:EXIT, _, _} -> events()
      {:DOWN, _, _, _, reason} -> [{:down, reason(reason)} | events()]
      message -> [message | events()]
    after
      0 -> []
    end
  end

  # Python has no stacktrace in a reason, and a call's error holds the reason alone.
  def reason({reason, {module, _, _}}) when module in [GenServer, :gen_server, :sys, :proc_lib], do: reason(reason)
  def reason({%{__exception__: true}, _}), do: :raised
  def reason(reason), do: reason
end

Show.cases(&Play.play/1)
