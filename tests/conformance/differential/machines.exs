# Random state machines: see machines.py.
Code.require_file("driver.exs", __DIR__)
VirtualTimers.install(:gen_statem)

defmodule Machine do
  @behaviour :gen_statem

  def callback_mode do
    %{functions: functions, enter: enter} = Process.get(:case)
    mode = if functions, do: :state_functions, else: :handle_event_function
    if enter, do: [mode, :state_enter], else: mode
  end

  def init({case_, to, timers}) do
    Process.put(:case, case_)
    Process.put(:to, to)
    Process.put(:timers, timers)
    Process.put(:calls, 0)
    Process.put(:unanswered, [])
    Process.flag(:trap_exit, case_.traps)

    case case_.init do
      {:on, first, actions} -> {:ok, first, nil, actions(actions, nil)}
      :ignore -> :ignore
      what -> ended(what, nil)
    end
  end

  def s0(type, content, _), do: handle_event(type, content, :s0, nil)
  def s1(type, content, _), do: handle_event(type, content, :s1, nil)
  def s2(type, content, _), do: handle_event(type, content, :s2, nil)

  def handle_event(type, content, state, _) do
    key = key(type, content)
    send(Process.get(:to), {:seen, state, key})
    Process.put(:calls, Process.get(:calls) + 1)
    if Process.get(:calls) > 40, do: {:stop, :enough}, else: do_it(state, key, from(type))
  end

  defp do_it(state, key, from) do
    unanswered = Process.get(:unanswered)
    if from != nil and from not in unanswered, do: Process.put(:unanswered, unanswered ++ [from])

    case Process.get(:case).table[{state, if(elem(key, 0) == :enter, do: :enter, else: key)}] do
      nil -> :keep_state_and_data
      {:keep, actions} -> {:keep_state_and_data, actions(actions, from)}
      {:repeat, actions} -> {:repeat_state_and_data, actions(actions, from)}
      {:next, new, actions} -> {:next_state, new, nil, actions(actions, from)}
      what -> ended(what, from)
    end
  end

  defp ended({:stop, reason}, _), do: {:stop, reason}
  defp ended({:replies, reason, actions}, from), do: {:stop_and_reply, reason, actions(actions, from)}
  defp ended({:exit, reason}, _), do: exit(reason)
  defp ended(:raise, _), do: raise("no")
  defp ended(:bad, _), do: :bad

  def terminate(reason, _, _) do
    send(Process.get(:to), {:terminate, Driver.reason(reason)})
    Driver.fail(Process.get(:case).terminate)
  end

  defp from({:call, from}), do: from
  defp from(_), do: nil

  defp key({:call, _}, content), do: {:call, content}
  defp key(:info, {:EXIT, _, reason}), do: {:exit, reason}
  defp key({:timeout, name}, content), do: {:generic, name, content}
  defp key(:state_timeout, content), do: {:state, content}
  defp key(:timeout, content), do: {:event, content}
  # What OTP 25 makes of a timer that has replaced one of 0 ms, which was due.
  defp key(:info, {:timeout, ref, _}) when is_reference(ref), do: {:stray}
  defp key(type, content), do: {type, content}

  defp actions(actions, from), do: Enum.flat_map(actions, &action(&1, from))

  defp action({:next, {:call, content}}, nil), do: [{:next_event, :internal, content}]
  defp action({:next, {:call, content}}, from), do: [{:next_event, {:call, from}, content}]
  defp action({:next, {:generic, name, content}}, _), do: [{:next_event, {:timeout, name}, content}]
  defp action({:next, {:state, content}}, _), do: [{:next_event, :state_timeout, content}]
  defp action({:next, {:event, content}}, _), do: [{:next_event, :timeout, content}]
  defp action({:next, {type, content}}, _), do: [{:next_event, type, content}]
  defp action({:state, how}, _), do: [act(:state_timeout, how)]
  defp action({:event, how}, _), do: [act(:timeout, how)]
  defp action({:generic, name, how}, _), do: [act({:timeout, name}, how)]
  defp action({:reply, :oldest, value}, _), do: reply(List.first(Process.get(:unanswered)), value)
  defp action({:reply, :own, value}, from), do: reply(from, value)
  defp action(other, _), do: [other]

  defp reply(nil, _), do: []
  defp reply(from, value) do
    Process.put(:unanswered, List.delete(Process.get(:unanswered), from))
    [{:reply, from, value}]
  end

  defp act(type, {:after, time, content}), do: {type, time, content}
  defp act(type, :cancel), do: {type, :cancel}
  defp act(type, {:update, content}), do: {type, :update, content}
end

Show.cases(&Driver.play(fn start -> :gen_statem.start_link(Machine, start, []) end, &1), 100)
