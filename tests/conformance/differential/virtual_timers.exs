# gen_statem and gen_server as they are, but for the clock: their timers are kept in a table that
# `pass` looks through.
defmodule VirtualTimers do
  # A process that uses the timers finds the table under :timers in its dictionary.
  def new do
    table = :ets.new(:timers, [:ordered_set, :public])
    :ets.insert(table, [{:now, 0}, {:number, 0}])
    table
  end

  # As erlang:start_timer and erlang:cancel_timer.
  def start_timer(time, pid, message, _options \\ []) do
    table = Process.get(:timers)
    ref = make_ref()
    due = :ets.lookup_element(table, :now, 2) + time
    number = :ets.update_counter(table, :number, 1)
    :ets.insert(table, {{due, number}, ref, pid, {:timeout, ref, message}})
    ref
  end

  def cancel_timer(ref) do
    case :ets.match_object(Process.get(:timers), {:_, ref, :_, :_}) do
      [{key, _, _, _}] -> :ets.delete(Process.get(:timers), key); 0
      [] -> false
    end
  end

  # As receive does with a time, for any message.
  def receive_any(0), do: (receive do message -> message after 0 -> :timeout end)

  def receive_any(time) do
    ref = start_timer(time, self(), :receive)

    receive do
      {:timeout, ^ref, _} -> :timeout
      message ->
        cancel_timer(ref)
        message
    end
  end

  # Let time pass; after each moment at which something is due, `settle` waits.
  def pass(table, time, settle) do
    until = :ets.lookup_element(table, :now, 2) + time
    moments(table, until, settle)
    :ets.insert(table, {:now, until})
  end

  defp moments(table, until, settle) do
    case :ets.next(table, :number) do
      {due, _} when due <= until ->
        :ets.insert(table, {:now, due})
        for {key, _, pid, message} <- :ets.match_object(table, {{due, :_}, :_, :_, :_}) do
          :ets.delete(table, key)
          send(pid, message)
        end
        settle.()
        moments(table, until, settle)
      _ -> :ok
    end
  end

  # Load a behaviour anew, with these functions in place of those of the runtime system.
  def install(module) do
    {:ok, {_, [abstract_code: {_, forms}]}} =
      :beam_lib.chunks(:code.which(module), [:abstract_code])
    {:ok, ^module, code} = :compile.forms(replaced(forms), [])
    :code.unstick_mod(module)
    {:module, _} = :code.load_binary(module, '#{module}', code)
  end

  defp replaced({:remote, at, {:atom, _, :erlang}, {:atom, _, name}})
       when name in [:start_timer, :cancel_timer],
       do: {:remote, at, {:atom, at, __MODULE__}, {:atom, at, name}}

  # `receive Input -> Input after Time -> timeout end`
  defp replaced({:receive, at, [_], {:var, _, _} = time, [{:atom, _, :timeout}]}),
    do: {:call, at, {:remote, at, {:atom, at, __MODULE__}, {:atom, at, :receive_any}}, [time]}

  defp replaced(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> replaced() |> List.to_tuple()
  defp replaced([first | rest]), do: [replaced(first) | replaced(rest)]
  defp replaced(other), do: other
end
