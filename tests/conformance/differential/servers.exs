# Random servers: see servers.py.
Code.require_file("driver.exs", __DIR__)
VirtualTimers.install(:gen_server)

defmodule Server do
  use GenServer

  def init({case_, to, timers}) do
    Process.put(:case, case_)
    Process.put(:to, to)
    Process.put(:timers, timers)
    Process.put(:calls, 0)
    Process.put(:unanswered, [])
    Process.flag(:trap_exit, case_.traps)

    case do_it({:init, 0}, nil) do
      {:on, next} -> with_next({:ok, nil}, next)
      other -> other
    end
  end

  def handle_call(request, from, _) do
    Process.put(:unanswered, Process.get(:unanswered) ++ [from])

    case do_it({:call, request}, from) do
      {:reply, value, next} ->
        Process.put(:unanswered, List.delete(Process.get(:unanswered), from))
        with_next({:reply, value, nil}, next)
      other -> no_reply(other)
    end
  end

  def handle_cast(request, _), do: no_reply(do_it({:cast, request}, nil))
  def handle_info(:timeout, _), do: no_reply(do_it({:timeout, 0}, nil))
  def handle_info({:EXIT, _, reason}, _), do: no_reply(do_it({:exit, reason}, nil))
  def handle_info(message, _), do: no_reply(do_it({:info, message}, nil))
  def handle_continue(argument, _), do: no_reply(do_it({:continue, argument}, nil))

  def terminate(reason, _) do
    send(Process.get(:to), {:terminate, Driver.reason(reason)})
    Driver.fail(Process.get(:case).terminate)
  end

  # Two in a row may call each other for ever: after 30 calls every result is a stop.
  defp do_it(event, from) do
    send(Process.get(:to), {:seen, event})
    Process.put(:calls, Process.get(:calls) + 1)
    if Process.get(:calls) > 30, do: {:stop, :enough}, else: result(event, from)
  end

  defp result(event, from) do
    {answers, result} = Map.get(Process.get(:case).table, event, {[], {:on, nil}})

    for {which, value} <- answers do
      answer(if(which == :own, do: from, else: List.first(Process.get(:unanswered))), value)
    end

    case result do
      {:exit, reason} -> exit(reason)
      :raise -> raise "no"
      other -> other
    end
  end

  defp answer(nil, _), do: :ok

  defp answer(from, value) do
    Process.put(:unanswered, List.delete(Process.get(:unanswered), from))
    GenServer.reply(from, value)
  end

  defp no_reply({:on, next}), do: with_next({:noreply, nil}, next)
  defp no_reply({:stop, reason}), do: {:stop, reason, nil}
  defp no_reply({:stop, reason, reply}), do: {:stop, reason, reply, nil}
  defp no_reply(other), do: other

  defp with_next(result, nil), do: result
  defp with_next(result, next), do: Tuple.append(result, next)
end

Show.cases(&Driver.play(fn start -> GenServer.start_link(Server, start) end, &1), 100)
