# Random state machines: see machines.py.
Code.require_file("show.exs", __DIR__)

defmodule Machine do
  @behaviour :gen_statem
  def callback_mode, do: [:handle_event_function, :state_enter]

  def init({{table, casts, first}, to}) do
    for cast <- casts ++ [:end], do: :gen_statem.cast(self(), cast)
    Process.put(:trace, [])
    {:ok, 0, {table, to}, Enum.map(first, &action/1)}
  end

  def handle_event(type, content, state, {table, _} = data) do
    key = key(type, content)
    Process.put(:trace, [{state, key} | Process.get(:trace)])

    if length(Process.get(:trace)) > 60 or key == {:cast, :end} do
      {:stop, :normal}
    else
      case table[{state, if(elem(key, 0) == :enter, do: :enter, else: key)}] do
        nil -> :keep_state_and_data
        {:keep, actions} -> {:keep_state_and_data, Enum.map(actions, &action/1)}
        {:repeat, actions} -> {:repeat_state_and_data, Enum.map(actions, &action/1)}
        {:next, new, actions} -> {:next_state, new, data, Enum.map(actions, &action/1)}
      end
    end
  end

  def terminate(reason, state, _) do
    send(:collector, {Enum.reverse(Process.get(:trace)), state, reason})
  end

  defp key({:timeout, name}, content), do: {:generic, name, content}
  defp key(:state_timeout, content), do: {:state, content}
  defp key(:timeout, content), do: {:event, content}
  defp key(type, content), do: {type, content}

  defp action(:postpone), do: :postpone
  defp action({:next, type, content}), do: {:next_event, type, content}
  defp action({:state, how}), do: act(:state_timeout, how)
  defp action({:event, how}), do: act(:timeout, how)
  defp action({:generic, name, how}), do: act({:timeout, name}, how)

  defp act(type, {:after, time, content}), do: {type, time, content}
  defp act(type, :cancel), do: {type, :cancel}
  defp act(type, {:update, content}), do: {type, :update, content}
end

Show.cases(fn machine ->
  Process.register(self(), :collector)
  {:ok, pid} = :gen_statem.start(Machine, {machine, nil}, [])
  ref = Process.monitor(pid)
  receive do
    {:DOWN, ^ref, _, _, _} -> :ok
  end
  receive do
    {trace, state, reason} -> trace ++ [{:end, state, reason}]
  after
    0 -> [:nothing]
  end
end)
