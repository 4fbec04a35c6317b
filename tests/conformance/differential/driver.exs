# Drives one random server or machine: see driver.py.
Code.require_file("show.exs", __DIR__)
Code.require_file("virtual_timers.exs", __DIR__)

defmodule Driver do
  # Where a server or machine waits for a message.
  @waits [
    {:gen_statem, :loop_receive, 3},
    {:gen_server, :loop, 7},
    {VirtualTimers, :receive_any, 1},
    {:erlang, :hibernate, 3}
  ]

  def play(start, %{operations: operations} = case_) do
    Process.flag(:trap_exit, true)
    timers = VirtualTimers.new()

    case start.({case_, self(), timers}) do
      {:ok, pid} ->
        settle(pid)
        {seen, alive} = seen(pid, [])
        [put(:started, seen) | go_on(pid, timers, operations, alive)]
      :ignore -> [put(:ignored, {events(), [], nil})]
      {:error, reason} -> [put(reason(reason), {events(), [], nil})]
    end
  end

  defp go_on(_, _, _, false), do: []

  defp go_on(pid, _, [], true) do
    result = try do :gen.stop(pid, :normal, :infinity) catch :exit, r -> reason(r) end
    {seen, _} = seen(pid, [])
    [put(result, seen)]
  end

  defp go_on(pid, timers, [operation | others], true) do
    calls = operate(pid, timers, operation)
    settle(pid)
    {seen, alive} = seen(pid, calls)
    [put(elem(operation, 0), seen) | go_on(pid, timers, others, alive)]
  end

  defp put(result, {events, replies, end_}), do: {result, events, replies, end_}

  defp operate(pid, timers, {:pass, time}) do
    VirtualTimers.pass(timers, time, fn -> settle(pid) end)
    []
  end

  defp operate(pid, timers, {:burst, steps}) do
    :sys.suspend(pid)
    calls =
      for {{kind, content}, number} <- Enum.with_index(steps) do
        call = step(pid, timers, kind, content)
        settle_suspended(pid)
        {number, call}
      end
    try do :sys.resume(pid) catch :exit, _ -> :ok end
    for {number, call} <- calls, is_tuple(call), do: {number, elem(call, 0)}
  end

  defp step(pid, _, :call, content), do: {:gen_server.send_request(pid, content)}
  defp step(pid, _, :cast, content), do: GenServer.cast(pid, content)
  defp step(pid, _, :info, content), do: send(pid, content)
  defp step(pid, _, :parent, reason), do: Process.exit(pid, reason)
  defp step(pid, timers, :pass, time), do: VirtualTimers.pass(timers, time, fn -> settle_suspended(pid) end)

  defp step(pid, _, :exit, reason) do
    {_, ref} = spawn_monitor(fn -> Process.exit(pid, reason) end)
    receive do {:DOWN, ^ref, _, _, _} -> :ok end
  end

  # Wait until the process does, in the loop of its behaviour: a system message would start the
  # timeout of a server anew.
  defp settle(pid) do
    case Process.info(pid, [:status, :message_queue_len, :current_function]) do
      nil -> :ok
      [status: :waiting, message_queue_len: 0, current_function: where] when where in @waits -> :ok
      _ ->
        :erlang.yield()
        settle(pid)
    end
  end

  defp settle_suspended(pid), do: (try do :sys.get_status(pid) catch :exit, _ -> :ok end)

  # Calls that are open are kept in the process dictionary.
  defp seen(pid, calls) do
    open = Process.get(:open, []) ++ calls
    alive = Process.alive?(pid)
    end_ = if alive, do: nil, else: (receive do {:EXIT, ^pid, reason} -> reason(reason) end)
    {events, replies, open} = flush([], [], open)
    failed = if alive, do: [], else: for({number, call} <- open, do: failure(number, call))
    Process.put(:open, open)
    {answered, refused} = Enum.split_with(replies ++ failed, &(elem(&1, 0) == :replied))
    {{events, answered ++ Enum.sort_by(refused, &Show.show/1), end_}, alive}
  end

  defp failure(number, call) do
    case :gen_server.receive_response(call, 5_000) do
      {:reply, value} -> {:replied, number, value}
      {:error, {reason, _}} -> {:failed, number, reason(reason)}
    end
  end

  defp flush(events, replies, open) do
    receive do
      {:EXIT, _, _} -> flush(events, replies, open)
      message ->
        case answer(message, open) do
          nil when is_list(elem(message, 0)) -> flush(events, replies, open)  # a second reply
          nil -> flush([message | events], replies, open)
          {call, result} -> flush(events, [result | replies], List.keydelete(open, call, 1))
        end
    after
      0 -> {Enum.reverse(events), Enum.reverse(replies), open}
    end
  end

  defp answer(message, open) do
    Enum.find_value(open, fn {number, call} ->
      case :gen_server.check_response(message, call) do
        {:reply, value} -> {call, {:replied, number, value}}
        {:error, {reason, _}} -> {call, {:failed, number, reason(reason)}}
        :no_reply -> nil
      end
    end)
  end

  defp events do
    receive do
      {:EXIT, _, _} -> events()
      message -> [message | events()]
    after
      0 -> []
    end
  end

  # Python has no stacktrace in a reason, and a call's error holds the reason alone.
  def reason({reason, {module, _, _}}) when module in [GenServer, :gen_server, :gen, :sys, :proc_lib],
    do: reason(reason)
  def reason({%{__exception__: true}, _}), do: :raised
  def reason(%{__exception__: true}), do: :raised
  def reason({{tag, _} = reason, [{_, _, _, _} | _]}) when is_atom(tag), do: reason(reason)
  def reason({tag, _} = reason) when is_atom(tag),
    do: if(String.starts_with?(to_string(tag), "bad_"), do: tag, else: reason)
  def reason(reason), do: reason

  # End as a `terminate` may that is not well.
  def fail(:exit), do: exit(:in_terminate)
  def fail(:raise), do: raise("no")
  def fail(_), do: :ok
end
