# Runs the programs of r2_differential.py on the BEAM and prints what came of each run.
# One program a line: an Elixir list with the operations of each process.
defmodule Program do
  def run(program) do
    me = self()
    pids = for ops <- program, do: spawn(fn -> start(me, ops) end)
    refs = Map.new(pids, fn pid -> {Process.monitor(pid), pid} end)
    names = pids |> Enum.with_index() |> Map.new(fn {pid, i} -> {pid, "p#{i}"} end)
    for pid <- pids, do: send(pid, {:go, pids})
    ends = wait(refs, MapSet.new(pids), %{}, [])
    for pid <- pids, do: send(pid, :collect)
    {seen, ends} = collect(refs, MapSet.new(pids) |> MapSet.difference(MapSet.new(Map.keys(ends))), %{}, ends)
    # The next run needs the names: wait until they are free.
    for pid <- pids do
      Process.exit(pid, :kill)
      ref = Process.monitor(pid)
      receive do {:DOWN, ^ref, :process, _, _} -> :ok end
    end
    for pid <- pids, into: [] do
      text(names, {Map.get(ends, pid, :alive), Map.get(seen, pid, [])})
    end
    |> Enum.join(" | ")
  end

  defp wait(refs, left, ends, _) do
    if MapSet.size(left) == 0 do
      ends
    else
      receive do
        {:done, pid} -> wait(refs, MapSet.delete(left, pid), ends, [])
        {:DOWN, ref, :process, pid, reason} when is_map_key(refs, ref) ->
          wait(refs, MapSet.delete(left, pid), Map.put(ends, pid, reason), [])
      end
    end
  end

  defp collect(refs, left, seen, ends) do
    if MapSet.size(left) == 0 do
      {seen, ends}
    else
      receive do
        {:seen, pid, what} -> collect(refs, MapSet.delete(left, pid), Map.put(seen, pid, what), ends)
        {:DOWN, ref, :process, pid, reason} when is_map_key(refs, ref) ->
          collect(refs, MapSet.delete(left, pid), seen, Map.put(ends, pid, reason))
      end
    end
  end

  defp start(main, ops) do
    receive do
      {:go, pids} ->
        notes = Enum.reduce(ops, {[], []}, fn op, acc -> step(op, pids, acc) end) |> elem(0)
        send(main, {:done, self()})
        receive do
          :collect -> send(main, {:seen, self(), Enum.reverse(notes) ++ mail()})
        end
        Process.sleep(:infinity)
    end
  end

  defp mail() do
    receive do
      :collect -> mail()
      {:DOWN, _, :process, pid, reason} -> [{:down, pid, reason} | mail()]
      {:EXIT, pid, reason} -> [{:exit, pid, reason} | mail()]
      other -> [other | mail()]
    after
      0 -> []
    end
  end

  defp step(op, pids, {notes, refs}) do
    at = fn i -> Enum.at(pids, i) end
    case op do
      {:trap, flag} -> Process.flag(:trap_exit, flag); {notes, refs}
      {:link, i} -> {note(notes, fn -> Process.link(at.(i)) end), refs}
      {:unlink, i} -> Process.unlink(at.(i)); {notes, refs}
      {:monitor, i} -> {notes, [Process.monitor(at.(i)) | refs]}
      {:demonitor, flush} ->
        case refs do
          [] -> {notes, refs}
          [ref | rest] -> Process.demonitor(ref, if(flush, do: [:flush], else: [])); {notes, rest}
        end
      {:exit, i, reason} -> Process.exit(at.(i), reason); {notes, refs}
      {:send, i, tag} -> send(at.(i), {:msg, tag}); {notes, refs}
      {:take} -> {receive do {:msg, tag} -> [{:took, tag} | notes] after 0 -> notes end, refs}
      {:register, name} -> {note(notes, fn -> Process.register(self(), name) end), refs}
      {:name, name, tag} -> {note(notes, fn -> send(name, {:msg, tag}) end), refs}
      {:quit, reason} -> exit(reason)
    end
  end

  defp note(notes, fun) do
    try do
      fun.()
      notes
    rescue
      _ -> [:failed | notes]
    end
  end

  defp text(names, term) when is_map_key(names, term), do: names[term]
  defp text(names, term) when is_tuple(term),
    do: "(" <> (term |> Tuple.to_list() |> Enum.map(&text(names, &1)) |> Enum.join(" ")) <> ")"
  defp text(names, term) when is_list(term), do: "[" <> (term |> Enum.map(&text(names, &1)) |> Enum.join(" ")) <> "]"
  defp text(_, term), do: to_string(term)
end

[file, runs] = System.argv()
for line <- File.stream!(file) do
  {program, _} = Code.eval_string(line)
  me = self()
  outcomes =
    for _ <- 1..String.to_integer(runs) do
      spawn(fn -> send(me, {:outcome, Program.run(program)}) end)
      receive do {:outcome, text} -> text end
    end
  IO.puts(outcomes |> Enum.uniq() |> Enum.join("\t"))
end
