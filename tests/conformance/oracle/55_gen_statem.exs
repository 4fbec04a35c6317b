Code.require_file("_t.exs", __DIR__)
# The rules of gen_statem: in which order events come, and what a transition does to timeouts.
defmodule M do
  @behaviour :gen_statem
  def callback_mode, do: [:handle_event_function, :state_enter]
  def init({parent, f, state, actions}), do: {:ok, state, {parent, f}, actions}
  def handle_event(type, content, state, {parent, f} = d) do
    send(parent, {state, case(type, do: ({:call, _} -> :call; x -> x)), content})
    f.(type, content, state, d)
  end
  def terminate(reason, state, {parent, _}), do: send(parent, {:terminate, reason, state})
end
defmodule S do
  def go(tag, f, casts \\ [], actions \\ []) do
    {:ok, p} = :gen_statem.start(M, {self(), f, :a, actions}, [])
    :sys.suspend(p)
    for c <- casts, do: :gen_statem.cast(p, c)
    :sys.resume(p)
    T.p(tag, T.flush(100))
    if Process.alive?(p), do: (Process.exit(p, :kill); T.down(p))
  end
  def stay(_, _, _, _), do: :keep_state_and_data
end
keep = :keep_state_and_data
S.go("init_actions", &S.stay/4, [], [{:next_event, :internal, 1}, {:state_timeout, 0, :st}, {:timeout, 0, :et}, {:next_event, :internal, 2}, {{:timeout, :n}, 0, :gt}])
S.go("next_event", fn
  :cast, :go, _, _ -> {keep, [{:next_event, :internal, 1}, {:next_event, :cast, 2}, {:next_event, {:timeout, :x}, 3}]}
  _, _, _, _ -> keep end, [:go, :other])
S.go("postpone", fn
  :cast, {:p, _}, :a, _ -> {keep, :postpone}
  :cast, :go, :a, d -> {:next_state, :b, d, [{:next_event, :internal, :i}]}
  _, _, _, _ -> keep end, [{:p, 1}, {:p, 2}, {:p, 3}, :go, :last])
S.go("postpone_self", fn
  :cast, 1, :a, _ -> {keep, :postpone}
  :cast, :go, :a, d -> {:next_state, :b, d, [:postpone, {:next_event, :internal, :i}]}
  _, _, _, _ -> keep end, [1, :go, 3])
S.go("postpone_twice", fn
  :cast, {:p, _}, s, _ when s in [:a, :b] -> {keep, :postpone}
  :cast, :go, :a, d -> {:next_state, :b, d}
  :cast, :go, :b, d -> {:next_state, :c, d}
  _, _, _, _ -> keep end, [{:p, 1}, :go, {:p, 2}, :go])
S.go("postpone_timeout", fn
  :state_timeout, _, :a, _ -> {keep, [:postpone, {:next_event, :internal, :go}]}
  :internal, :go, :a, d -> {:next_state, :b, d}
  _, _, _, _ -> keep end, [], [{:state_timeout, 0, :st}])
S.go("repeat", fn
  :cast, 1, :a, _ -> {keep, :postpone}
  :cast, :go, :a, d -> {:repeat_state, d}
  _, _, _, _ -> keep end, [1, :go, 3], [{:state_timeout, 30, :st}])
S.go("same_state", fn
  :cast, 1, :a, _ -> {keep, :postpone}
  :cast, :go, :a, d -> {:next_state, :a, d}
  _, _, _, _ -> keep end, [1, :go], [{:state_timeout, 30, :st}])
S.go("change_cancels", fn
  :cast, :go, :a, d -> {:next_state, :b, d}
  _, _, _, _ -> keep end, [:go], [{:state_timeout, 20, :st}, {{:timeout, :g}, 20, :gt}])
S.go("event_cancels", fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 20, :et}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("event_timeout", fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 20, :et}]}
  _, _, _, _ -> keep end, [:go])
S.go("zero_event_with_next", fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 0, :et}, {:next_event, :internal, :i}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("zero_event_alone", fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 0, :et}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("zero_order", fn
  :cast, :go, :a, _ -> {keep, [{{:timeout, :g}, 0, 1}, {:state_timeout, 0, 2}, {:timeout, 0, 3}, {:next_event, :internal, :i}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("zero_event_first", fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 0, 3}, {:state_timeout, 0, 2}, {{:timeout, :g}, 0, 1}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("zero_event_last", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, 0, 2}, {:timeout, 0, 3}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("zero_after_postponed", fn
  :cast, {:p, _}, :a, _ -> {keep, :postpone}
  :cast, :go, :a, d -> {:next_state, :b, d, [{:state_timeout, 0, :st}]}
  _, _, _, _ -> keep end, [{:p, 1}, :go, :x])
S.go("zero_then_change", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, 0, :st}, {{:timeout, :g}, 0, :gt}, {:next_event, :internal, :i}]}
  :internal, :i, :a, d -> {:next_state, :b, d}
  _, _, _, _ -> keep end, [:go])
S.go("zero_restarted", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, 0, 1}, {{:timeout, :g}, 0, 2}, {:state_timeout, 0, 3}]}
  _, _, _, _ -> keep end, [:go])
S.go("cancel", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, :cancel}, {{:timeout, :g}, :cancel}, {{:timeout, :none}, :cancel}, {:timeout, :cancel}]}
  _, _, _, _ -> keep end, [:go], [{:state_timeout, 20, :st}, {{:timeout, :g}, 20, :gt}])
S.go("infinity", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, :infinity, :x}, {{:timeout, :g}, :infinity, :x}]}
  _, _, _, _ -> keep end, [:go], [{:state_timeout, 20, :st}, {{:timeout, :g}, 20, :gt}])
S.go("update", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, :update, :new}, {{:timeout, :g}, :update, :new}, {{:timeout, :none}, :update, :now}]}
  _, _, _, _ -> keep end, [:go, :x], [{:state_timeout, 40, :st}, {{:timeout, :g}, 20, :gt}])
S.go("update_zero", fn
  :cast, :go, :a, _ -> {keep, [{:state_timeout, 0, 1}, {{:timeout, :g}, 0, 2}, {:state_timeout, :update, 3}]}
  _, _, _, _ -> keep end, [:go, :x])
S.go("restart", fn
  :cast, :go, :a, _ -> {keep, [{{:timeout, :g}, 20, :second}]}
  _, _, _, _ -> keep end, [:go], [{{:timeout, :g}, 40, :first}])
S.go("enter_timeout", fn
  :enter, _, _, _ -> {keep, [{:state_timeout, 0, :from_enter}]}
  _, _, _, _ -> keep end)
S.go("enter_overrides", fn
  :cast, :go, :a, d -> {:next_state, :b, d, [{:state_timeout, 20, :from_transition}]}
  :enter, _, :b, _ -> {keep, [{:state_timeout, 10, :from_enter}]}
  _, _, _, _ -> keep end, [:go])
S.go("enter_before_next", fn
  :cast, :go, :a, d -> {:next_state, :b, d, [{:next_event, :internal, :i}, :postpone]}
  _, _, _, _ -> keep end, [:go, :x])
:persistent_term.put(:n, 0)
S.go("enter_repeat", fn
  :enter, _, _, d -> (n = :persistent_term.get(:n); :persistent_term.put(:n, n + 1); if n < 2, do: {:repeat_state, d}, else: keep)
  _, _, _, _ -> keep end)
for {tag, result} <- [enter_postpones: {keep, :postpone}, enter_inserts: {keep, [{:next_event, :internal, 1}]}, enter_changes: {:next_state, :b, 1}, enter_stops: {:stop, :why}] do
  S.go(tag, fn
    :cast, :go, :a, d -> {:next_state, :c, d}
    :enter, _, :c, _ -> result
    _, _, _, _ -> keep end, [:go])
end
for {tag, result} <- [bad_result: :what, bad_action: {keep, [:foo]}, stop: :stop, stop_why: {:stop, :why}] do
  S.go(tag, fn
    :cast, :go, :a, _ -> result
    _, _, _, _ -> keep end, [:go])
end
# replies, :sys, and the end
{:ok, p} = :gen_statem.start(M, {self(), fn
  {:call, from}, :now, _, _ -> {keep, [{:reply, from, :replied}]}
  {:call, from}, :later, :a, d -> {:next_state, :b, d, [{:next_event, :internal, {:answer, from}}]}
  :internal, {:answer, from}, :b, _ -> {keep, [{:reply, from, :answered}]}
  {:call, from}, :bye, _, d -> {:stop_and_reply, :normal, [{:reply, from, :bye}], d}
  _, _, _, _ -> keep end, :a, []}, [])
T.p("call", {:gen_statem.call(p, :now), :gen_statem.call(p, :later)})
T.p("get_state", elem(:sys.get_state(p), 0))
T.p("replace_state", elem(:sys.replace_state(p, fn {_, d} -> {:z, d} end), 0))
_ = T.flush()
send(p, :message)
T.p("nothing_is_entered", T.flush())
ref = Process.monitor(p)
T.p("stop_and_reply", {:gen_statem.call(p, :bye), T.wait(ref), T.flush()})
{:ok, p} = :gen_statem.start(M, {self(), &S.stay/4, :a, []}, [])
T.p("stop_it", {:gen_statem.stop(p, :shutdown, 1000), T.flush()})
{:ok, p} = :gen_statem.start(M, {self(), fn
  :cast, :go, :a, _ -> {keep, [{:timeout, 30, :et}]}
  _, _, _, _ -> keep end, :a, []}, [])
:gen_statem.cast(p, :go)
:sys.get_state(p)
T.p("system_cancels_nothing", T.flush(100))
Process.exit(p, :kill)
defmodule N do
  def callback_mode, do: :handle_event_function
  def init(r), do: r
end
T.p("init", for(r <- [:ignore, {:stop, :no}, :bad], do: :gen_statem.start(N, r, [])))
