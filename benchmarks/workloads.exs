# The work, in Elixir. `elixir --erl "+S 1:1" workloads.exs NAME COUNT` prints one measurement.
#
# The same work as in workloads_aquavit.py, written as Elixir is written: tail calls, pattern
# matching, nothing collected that is not needed. Each workload runs in a process of its own
# with the options that `spawn` gives, is warmed up at a tenth of the size first, and returns
# figures for one operation.

defmodule Workloads do
  defp workloads do
    %{
      "ping_pong" => &ping_pong/1,
      # A receive is always selective here, so this is the same.
      "ping_pong_patterns" => &ping_pong/1,
      "ring" => &ring/1,
      "spawn" => &spawn_and_answer/1,
      "flood" => &flood/1,
      # The scheduler takes a sender off after its reductions: there is no other flood here.
      "flood_pileup" => &flood/1,
      "million" => &million/1,
      "idle" => &idle/1,
      "fresh_ref" => &fresh_ref/1,
      "cascade_chain" => &cascade_chain/1,
      "cascade_star" => &cascade_star/1,
      "genserver" => &genserver/1,
      "machine" => &machine/1,
      "registry" => &registry/1,
      # Phoenix.PubSub is a Registry of duplicate keys, and dispatches as this does.
      "broadcast" => &broadcast/1,
      "children" => &children/1
    }
  end

  def main(["describe"]) do
    1 = :erlang.system_info(:schedulers)
    print(elixir: System.version(), otp: System.otp_release(), jit: :erlang.system_info(:emu_flavor))
  end

  def main([name, count]) do
    count = String.to_integer(count)
    workload = Map.fetch!(workloads(), name)
    warm_up = if name == "idle", do: 1_000, else: max(1, div(count, 10))

    {_, ref} =
      spawn_monitor(fn ->
        workload.(warm_up)
        print(workload.(count))
      end)

    receive do
      {:DOWN, ^ref, :process, _, :normal} -> :ok
      {:DOWN, ^ref, :process, _, reason} -> exit(reason)
    end
  end

  defp print(figures) do
    body = Enum.map_join(figures, ", ", fn {key, value} -> ~s("#{key}": #{json(value)}) end)
    IO.puts("{#{body}}")
  end

  defp json(value) when is_number(value), do: to_string(value)
  defp json(value), do: ~s("#{value}")

  defp now, do: :erlang.monotonic_time(:nanosecond)
  defp since(started), do: (now() - started) / 1.0e9

  # --- ping-pong

  defp ping_pong(count) do
    partner = spawn(&pong/0)
    started = now()
    ping(partner, count)
    seconds = since(started)
    send(partner, :stop)
    [seconds: seconds / count]
  end

  defp ping(_partner, 0), do: :ok

  defp ping(partner, count) do
    send(partner, {:ping, self()})

    receive do
      :pong -> ping(partner, count - 1)
    end
  end

  defp pong do
    receive do
      {:ping, sender} ->
        send(sender, :pong)
        pong()

      :stop ->
        :ok
    end
  end

  # --- ring

  defp ring(count, size \\ 10_000) do
    neighbour = build(self(), size - 1)
    laps = max(1, div(count, size))
    started = now()
    lap(neighbour, size, laps)
    seconds = since(started)
    send(neighbour, :stop)

    receive do
      :stop -> [seconds: seconds / (laps * size)]
    end
  end

  defp build(neighbour, 0), do: neighbour
  defp build(neighbour, left), do: build(spawn(fn -> member(neighbour) end), left - 1)

  defp lap(_neighbour, _size, 0), do: :ok

  defp lap(neighbour, size, laps) do
    send(neighbour, 1)

    receive do
      ^size -> lap(neighbour, size, laps - 1)
    end
  end

  defp member(neighbour) do
    receive do
      :stop ->
        send(neighbour, :stop)

      hops ->
        send(neighbour, hops + 1)
        member(neighbour)
    end
  end

  # --- spawn

  defp spawn_and_answer(count) do
    started = now()
    spawn_next(self(), count)
    [seconds: since(started) / count]
  end

  defp spawn_next(_me, 0), do: :ok

  defp spawn_next(me, count) do
    spawn(fn -> send(me, :done) end)

    receive do
      :done -> spawn_next(me, count - 1)
    end
  end

  defp million(count) do
    started = now()
    pids = spawn_all(count, &echo/0, [])
    me = self()
    Enum.each(pids, &send(&1, me))
    take(:pong, count)
    [seconds: since(started) / count]
  end

  defp spawn_all(0, _function, pids), do: pids

  defp spawn_all(left, function, pids),
    do: spawn_all(left - 1, function, [spawn(function) | pids])

  defp echo do
    receive do
      caller -> send(caller, :pong)
    end
  end

  defp take(_message, 0), do: :ok

  defp take(message, left) do
    receive do
      ^message -> take(message, left - 1)
    end
  end

  # --- flood

  defp flood(count) do
    me = self()
    receiver = spawn(fn -> sink(count, nil, me) end)
    started = now()
    pour(receiver, 0, count)
    last = count - 1

    receive do
      {:message, ^last} -> [seconds: since(started) / count]
    end
  end

  defp pour(_receiver, count, count), do: :ok

  defp pour(receiver, number, count) do
    send(receiver, {:message, number})
    pour(receiver, number + 1, count)
  end

  defp sink(0, last, parent), do: send(parent, last)

  defp sink(left, _last, parent) do
    receive do
      message -> sink(left - 1, message, parent)
    end
  end

  # --- idle processes

  defp idle(count) do
    :erlang.garbage_collect()
    {resident, total} = {resident(), :erlang.memory(:total)}
    spawn_idle(count)
    me = self()
    spawn(fn -> send(me, :done) end)

    receive do
      :done -> :ok
    end

    [rss: (resident() - resident) / count, own_count: (:erlang.memory(:total) - total) / count]
  end

  defp spawn_idle(0), do: :ok

  defp spawn_idle(left) do
    spawn(&wait/0)
    spawn_idle(left - 1)
  end

  defp wait do
    receive do
      _ -> :ok
    end
  end

  defp resident do
    [_, kilobytes] = Regex.run(~r/VmRSS:\s+(\d+)/, File.read!("/proc/self/status"))
    String.to_integer(kilobytes) * 1024
  end

  # --- selective receive

  defp fresh_ref(count, waiting \\ 100_000) do
    server = spawn(&server/0)
    empty = ask(server, count)
    Enum.each(1..waiting, &send(self(), {:other, &1}))
    behind = ask(server, count)
    send(server, :stop)
    flush(waiting)
    [empty: empty, behind: behind, flat: behind / empty]
  end

  defp ask(server, count) do
    started = now()
    ask_on(server, count)
    since(started) / count
  end

  defp ask_on(_server, 0), do: :ok

  defp ask_on(server, left) do
    ref = make_ref()
    send(server, {:ask, self(), ref})

    receive do
      {^ref, _} -> ask_on(server, left - 1)
    end
  end

  defp flush(0), do: :ok

  defp flush(left) do
    receive do
      {:other, _} -> flush(left - 1)
    end
  end

  defp server do
    receive do
      {:ask, caller, ref} ->
        send(caller, {ref, :reply})
        server()

      :stop ->
        :ok
    end
  end

  # --- cascades

  defp cascade_chain(count) do
    me = self()
    first = spawn(fn -> chained(count, me) end)

    ref =
      receive do
        {:last, pid} -> Process.monitor(pid)
      end

    started = now()
    Process.exit(first, :broken)

    receive do
      {:DOWN, ^ref, :process, _, :broken} -> [seconds: since(started)]
    end
  end

  defp chained(1, observer) do
    send(observer, {:last, self()})
    wait()
  end

  defp chained(left, observer) do
    spawn_link(fn -> chained(left - 1, observer) end)
    wait()
  end

  defp cascade_star(count) do
    me = self()

    centre =
      spawn(fn ->
        send(me, {:all, for(_ <- 1..count, do: spawn_link(&wait/0))})
        wait()
      end)

    receive do
      {:all, pids} -> Enum.each(pids, &Process.monitor/1)
    end

    started = now()
    Process.exit(centre, :broken)
    downs(count)
    [seconds: since(started)]
  end

  defp downs(0), do: :ok

  defp downs(left) do
    receive do
      {:DOWN, _, :process, _, :broken} -> downs(left - 1)
    end
  end

  # --- state machines

  defmodule Machine do
    def callback_mode, do: :state_functions
    def init(_), do: {:ok, :idle, nil}
    def idle({:call, from}, request, _), do: {:keep_state_and_data, [{:reply, from, request}]}
  end

  defp machine(count) do
    {:ok, pid} = :gen_statem.start(Machine, nil, [])
    started = now()
    calls(pid, count)
    seconds = since(started)
    :gen_statem.stop(pid)
    [seconds: seconds / count]
  end

  defp calls(_, 0), do: :ok

  defp calls(pid, left) do
    :gen_statem.call(pid, :hello)
    calls(pid, left - 1)
  end

  # --- registry

  defp registry(count) do
    {:ok, root} = Registry.start_link(keys: :unique, name: Benchmark)
    for number <- 1..1_000, do: Registry.register(Benchmark, {:key, number - 1}, number)
    started = now()
    lookups(count)
    looked_up = since(started)
    started = now()
    registers(count)
    registered = since(started)
    for number <- 1..1_000, do: Registry.unregister(Benchmark, {:key, number - 1})
    Supervisor.stop(root)
    [seconds: looked_up / count, register: registered / count]
  end

  defp lookups(0), do: :ok

  defp lookups(left) do
    Registry.lookup(Benchmark, {:key, rem(left, 1_000)})
    lookups(left - 1)
  end

  defp registers(0), do: :ok

  defp registers(left) do
    Registry.register(Benchmark, left, left)
    Registry.unregister(Benchmark, left)
    registers(left - 1)
  end

  defp broadcast(count) do
    {:ok, root} = Registry.start_link(keys: :duplicate, name: Benchmark)
    me = self()
    rounds = div(count + 999, 1_000)

    for _ <- 1..1_000 do
      spawn(fn ->
        Registry.register(Benchmark, "topic", nil)
        send(me, :subscribed)
        for _ <- 1..rounds, do: receive(do: (_ -> :ok))
        send(me, :done)
      end)
    end

    for _ <- 1..1_000, do: receive(do: (:subscribed -> :ok))
    started = now()

    for number <- 1..rounds do
      Registry.dispatch(Benchmark, "topic", fn entries ->
        Enum.each(entries, fn {pid, _} -> send(pid, {:news, number}) end)
      end)
    end

    for _ <- 1..1_000, do: receive(do: (:done -> :ok))
    seconds = since(started)
    Supervisor.stop(root)
    [seconds: seconds / (rounds * 1_000)]
  end

  # --- servers

  defmodule Store do
    use GenServer
    def init(value), do: {:ok, value}
    def get(pid, key), do: GenServer.call(pid, {:get, key})
    def handle_call(:get, _from, value), do: {:reply, value, value}
    def handle_call({:get, _key}, _from, value), do: {:reply, value, value}
    def handle_cast(value, _value), do: {:noreply, value}
  end

  defp genserver(count) do
    {:ok, pid} = GenServer.start(Store, 1)
    started = now()
    server_calls(pid, count)
    seconds = since(started)
    started = now()
    server_gets(pid, count)
    method = since(started)
    started = now()
    server_casts(pid, count)
    GenServer.call(pid, :get, :infinity)
    casts = since(started)
    GenServer.stop(pid)
    [seconds: seconds / count, method: method / count, cast: casts / count]
  end

  defp server_calls(_, 0), do: :ok

  defp server_calls(pid, left) do
    GenServer.call(pid, :get)
    server_calls(pid, left - 1)
  end

  defp server_gets(_, 0), do: :ok

  defp server_gets(pid, left) do
    Store.get(pid, "key")
    server_gets(pid, left - 1)
  end

  defp server_casts(_, 0), do: :ok

  defp server_casts(pid, left) do
    GenServer.cast(pid, left)
    server_casts(pid, left - 1)
  end

  # --- supervision

  defmodule Child do
    use GenServer
    def start_link(argument), do: GenServer.start_link(Child, argument)
    def init(argument), do: {:ok, argument}
  end

  defp children(count) do
    {few_start, few_stop} = family(div(count, 10) + 1)
    {start, stop} = family(count)
    [seconds: start + stop, start: start, stop: stop, flat: (start + stop) / (few_start + few_stop)]
  end

  defp family(count) do
    {:ok, root} = DynamicSupervisor.start_link(strategy: :one_for_one)
    started = now()
    for _ <- 1..count, do: {:ok, _} = DynamicSupervisor.start_child(root, {Child, nil})
    start = since(started)
    started = now()
    DynamicSupervisor.stop(root)
    {start / count, since(started) / count}
  end
end

Workloads.main(System.argv())
