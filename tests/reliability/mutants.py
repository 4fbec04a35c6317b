"""Planted bugs: (name, file, what stands there, what stands there in the mutant)."""

from __future__ import annotations

from tests.reliability.mutants_of_waits import WAITS

__all__ = ["MUTANTS", "Mutant"]

Mutant = tuple[str, str, str, str]

_RELATIONS = "core/relations.py"
_DELIVERY = "core/delivery.py"
_RUNTIME = "core/runtime.py"
_SIGNALS = "core/signals.py"
_MAILBOX = "core/mailbox.py"
_RECEIVING = "core/receiving.py"
_SCHEDULER = "core/scheduler.py"
_REQUESTS = "core/requests.py"
_TIMERS = "core/timers.py"
_NAMES = "core/names.py"
_LINKS = "process/links.py"
_EXITING = "process/exiting.py"
_SUPERVISION = "otp/supervision.py"
_TASK = "otp/task_process.py"
_WAITS = "otp/task_waits.py"
_STREAM = "otp/task_stream.py"

MUTANTS: list[Mutant] = [
    # links
    ("a link is known at one end", _RELATIONS, "        _add_peer(b, a)\n", ""),
    ("unlink forgets one end", _RELATIONS, "    _remove_peer(b, a)\n", ""),
    (
        "a second link replaces the first",
        _RELATIONS,
        "links[process.links] = links[peer] = None",
        "links[peer] = None",
    ),
    (
        "spawn_link makes no link",
        "process/spawning.py",
        "    relations.add_link(caller, process)\n",
        "",
    ),
    (
        "unlink does nothing",
        _LINKS,
        "        relations.remove_link(caller, peer)\n",
        "        pass\n",
    ),
    (
        "link to the dead is silent",
        _LINKS,
        'caller.runtime.signal_exit(caller, pid, "noproc", True)',
        "pass",
    ),
    (
        "link to the dead gives another reason",
        _LINKS,
        'caller, pid, "noproc", True',
        'caller, pid, "normal", True',
    ),
    (
        "links are not told",
        _RUNTIME,
        "            self.signal_links(p, pid, reason)\n",
        "            pass\n",
    ),
    ("links stay when one dies", _RUNTIME, "if relations.remove_link(p, peer):", "if True:"),
    (
        "a normal end kills its links",
        _RUNTIME,
        'elif not (type(reason) is str and reason == "normal"):',
        "else:",
    ),
    ("exits are not trapped", _RUNTIME, "elif p.trap and not p.exiting:", "elif False:"),
    (
        "kill can be trapped",
        _RUNTIME,
        'if not from_link and type(reason) is str and reason == "kill":',
        "if False:",
    ),
    (
        "a killed process tells kill",
        _RUNTIME,
        'self.mark_exiting(p, "killed")',
        'self.mark_exiting(p, "kill")',
    ),
    (
        "the last reason counts",
        _RUNTIME,
        "        if p.exiting or p.state == native.DEAD:\n            return\n        self.mark_exiting(p, reason)",
        "        self.mark_exiting(p, reason)",
    ),
    (
        "the reason is lost",
        _RUNTIME,
        "        p.reason = reason\n        p.awaiting = False",
        '        p.reason = "exit"\n        p.awaiting = False',
    ),
    (
        "an exit shows the wrong sender",
        _RUNTIME,
        "signals.new_exit(sender, reason)",
        "signals.new_exit(p.pid, reason)",
    ),
    (
        "exit to another with normal kills",
        _EXITING,
        "target.runtime.signal_exit(target, sender, reason, False)",
        'target.runtime.signal_exit(target, sender, "killed" if reason == "normal" else reason, False)',
    ),
    (
        "an exit signal does nothing",
        _EXITING,
        "        target.runtime.signal_exit(target, sender, reason, False)",
        "        pass",
    ),
    # monitors
    (
        "a monitor is not known to its target",
        _RELATIONS,
        "        other.monitored_by[ref] = monitor\n",
        "",
    ),
    (
        "demonitor leaves the target's end",
        _RELATIONS,
        "        target.rare.monitored_by.pop(ref, None)\n",
        "        pass\n",
    ),
    (
        "demonitor leaves the watcher's end",
        _RELATIONS,
        "monitor: Monitor | None = watcher.rare.monitors.pop(ref, None)",
        "monitor: Monitor | None = watcher.rare.monitors.get(ref)",
    ),
    (
        "only one watcher is told",
        _RELATIONS,
        "    monitors = list(target.rare.monitored_by.values())\n",
        "    monitors = list(target.rare.monitored_by.values())[:1]\n",
    ),
    ("watchers are not told", _RUNTIME, "            self.signal_watchers(p, pid, reason)\n", ""),
    (
        "a Down has no reason",
        _SIGNALS,
        "    return new_down(ref, pid, reason) if",
        '    return new_down(ref, pid, "down") if',
    ),
    (
        "a Down has another Ref",
        _SIGNALS,
        "    return new_down(ref, pid, reason) if",
        "    return new_down(None, pid, reason) if",
    ),
    (
        "a Down comes twice",
        _RUNTIME,
        "            self.send_down(monitor.watcher, monitor.ref, shown, own, monitor.tag)\n",
        "            self.send_down(monitor.watcher, monitor.ref, shown, own, monitor.tag)\n" * 2,
    ),
    (
        "a monitor of the dead is silent",
        _LINKS,
        '        caller.runtime.send_down(caller, ref, shown, "noproc", tag)\n',
        "        pass\n",
    ),
    ("flush leaves the Down", _LINKS, "if flush and not found:", "if False:"),
    ("a tag is left out", _SIGNALS, "if tag is None else", "if True else"),
    ("a monitor by name shows the pid", _RUNTIME, "shown = monitor.name or pid", "shown = pid"),
    ("a dead watcher stays", _RUNTIME, "        relations.drop_monitors(p)\n", ""),
    # receive and messages
    (
        "the mailbox is a stack",
        _MAILBOX,
        "            self.tail.next = message\n        self.tail = message\n",
        "            message.next = self.head\n            self.head = message\n            self.count += 1\n            return\n        self.tail = message\n",
    ),
    ("the tail is lost", _MAILBOX, "            self.tail = before\n", "            pass\n"),
    (
        "the first message is taken",
        _MAILBOX,
        "                return self.remove_after(before)\n",
        "                return self.remove_after(None)\n",
    ),
    (
        "skipped messages are lost",
        _MAILBOX,
        "                before = message\n                message = message.next\n",
        "                message = message.next\n                self.remove_after(before)\n",
    ),
    (
        "the found message is not the one",
        _SCHEDULER,
        "            p.find(p.remove_after(before), before)\n",
        "            p.find(p.remove_after(None), before)\n",
    ),
    (
        "a mark is too late",
        _MAILBOX,
        "            if mark.ref_id <= ref_id:\n",
        "            if True:\n",
    ),
    (
        "a timeout takes no message that is there",
        _RECEIVING,
        "            found = p.take(receive.matcher)\n        finally:",
        "            found = p.take(receive.matcher) if receive.timeout is None else mailbox.EMPTY\n        finally:",
    ),
    (
        "a message that does not match wakes",
        _SCHEDULER,
        "            found = matcher.accepts(value)\n            self.looking = looking\n            if",
        "            found = True\n            self.looking = looking\n            if",
    ),
    (
        "a message does not wake",
        _SCHEDULER,
        "            p.find(p.remove_after(before), before)\n            self.wake(p, native.FOUND)\n",
        "            p.find(p.remove_after(before), before)\n",
    ),
    (
        "a woken wait leaves its timer",
        _SCHEDULER,
        "        if p.timer is not None and not p.exiting:\n            self.drop_timer(p)\n",
        "",
    ),
    (
        "a timer wakes like a message",
        _SCHEDULER,
        "self.wake(p, native.TIMED_OUT)",
        "self.wake(p, native.NOTHING)",
    ),
    *WAITS,
    # timers, names, aliases
    (
        "the latest timer is first",
        _TIMERS,
        "return a.deadline < b.deadline",
        "return a.deadline > b.deadline",
    ),
    (
        "cancel does not cancel",
        "process/timing.py",
        "if not runtime.timers.remove(ref):",
        "if False:",
    ),
    ("a name stays with the dead", _RUNTIME, "        self.names.release(p)\n", ""),
    (
        "a name can be taken twice",
        _NAMES,
        '        if holder is not None:\n            raise ValueError(\n                f"could not register',
        '        if False:\n            raise ValueError(\n                f"could not register',
    ),
    (
        "unregister forgets the table",
        _NAMES,
        'process = self.holders.pop(self.check(name, "unregister"), None)',
        'process = self.holders.get(self.check(name, "unregister"))',
    ),
    (
        "an ended alias still leads",
        _RELATIONS,
        "    return owner.rare.aliases.pop(alias, None) is not None",
        "    return True",
    ),
    (
        "a reply alias lives on",
        _RELATIONS,
        "        remove_alias(owner, alias)\n        remove_monitor(owner, alias)\n",
        "        pass\n",
    ),
    # calls
    (
        "a late reply arrives",
        _REQUESTS,
        "        relations.end_request(self.from_)\n        self.owner.take",
        "        self.owner.take",
    ),
    ("a call does not see its server die", _RELATIONS, "        taken.append(from_)\n", ""),
    ("a call times out at once", _REQUESTS, "        deadline += runtime.time()\n", ""),
    (
        "a reply goes through twice",
        _DELIVERY,
        "            relations.end_request(from_)\n            self.deliver(owner, value)",
        "            relations.end_request(from_)\n            self.deliver(owner, value)\n            self.deliver(owner, value)",
    ),
    # supervisors and servers
    (
        "nothing is restarted",
        _SUPERVISION,
        "        return await self.revive(child)\n",
        "        self.drop(child)\n        return True\n",
    ),
    (
        "restarts are not counted",
        _SUPERVISION,
        "if not self.intensity.allows(children.now()):",
        "if False:",
    ),
    ("siblings are left alone", _SUPERVISION, 'if strategy == "one_for_one":', "if True:"),
    (
        "rest_for_one restarts all",
        _SUPERVISION,
        '            elif strategy == "rest_for_one":\n                found.clear()\n',
        "",
    ),
    (
        "siblings are not stopped",
        _SUPERVISION,
        "        await self.stop_children(siblings)\n        if siblings:",
        "        if siblings:",
    ),
    (
        "only some siblings start again",
        _SUPERVISION,
        "together = {id(each) for each in (child, *siblings)}",
        "together = {id(each) for each in siblings}",
    ),
    (
        "a stopped child still counts as running",
        _SUPERVISION,
        "        self.running.pop(child.pid, None)\n        child.pid = None\n",
        "        self.running.pop(child.pid, None)\n",
    ),
    (
        "children outlive their supervisor",
        _SUPERVISION,
        "        for child in reversed(some):\n            await self.stop(child)",
        "        pass",
    ),
    (
        "a child is started twice",
        _SUPERVISION,
        '        if known is not None and known.runs:\n            raise AlreadyStarted(spec.start[0], spec.id, known.pid, "child")\n        if known is not None:',
        "        if False:",
    ),
    (
        "terminate is not called",
        "otp/behaviour_loop.py",
        "result = self.module.terminate(reason)",
        "result = None",
    ),
    (
        "a message behind others does not wake",
        _SCHEDULER,
        "        before: Message | None = p.tail\n",
        "        before: Message | None = None\n",
    ),
    # tasks
    (
        "a task is not linked to its owner",
        _TASK,
        "    if job.linked:\n        relations.add_link(owner, process)\n",
        "",
    ),
    ("a task is always linked to its owner", _TASK, "    if job.linked:\n", "    if True:\n"),
    (
        "a task is not linked to its supervisor",
        _TASK,
        "    relations.add_link(supervisor, process)\n    _follow",
        "    _follow",
    ),
    (
        "a task is started for an owner that has given up",
        _TASK,
        "    if owner is None or relations.alias_mode(owner, job.reply_to) is None:\n",
        "    if owner is None:\n",
    ),
    (
        "the Down stays behind a result",
        _TASK,
        "        while take(owner, answers) is not LATE:  # the result, and the Down\n"
        "            pass\n",
        "",
    ),
    (
        "one message stays behind a timeout",
        _TASK,
        "        while take(owner, answers) is not LATE:  # the result, and the Down\n"
        "            pass\n",
        "        take(owner, answers)\n",
    ),
    ("the alias of a task stays", _TASK, "    relations.monitor_ended(owner, ref)\n", ""),
    (
        "the end of a stream's task stays",
        _TASK,
        "        owner.take(matching.compile_patterns((Exit(pid, ...),)))\n",
        "        pass\n",
    ),
    (
        "a timeout leaves the monitor",
        _WAITS,
        '        task_process.forget(loops.here("result"), task.ref)\n',
        "",
    ),
    (
        "shutdown forgets the result",
        _WAITS,
        "    if returned is not LATE:\n        return Ok(returned[1])\n",
        "",
    ),
    ("shutdown does not unlink", _WAITS, "    unlink(pid)\n    down = ", "    down = "),
    (
        "await_many mixes the order up",
        _WAITS,
        "[task.ref] for task in tasks]",
        "[r] for r in results]",
    ),
    (
        "a stream runs all at once",
        _STREAM,
        "len(self._running) + len(self._outcomes) < self._most",
        "True",
    ),
    ("a stream gives what comes first", _STREAM, "if self._ordered or not", "if not"),
    (
        "a stream that is left lets its tasks run",
        _STREAM,
        "            self._kill(task)\n            task_process.drop",
        "            task_process.drop",
    ),
    (
        "an agent forgets an update",
        "otp/agent.py",
        '        if how != "get_and_update":\n            self._value = made\n',
        '        if how != "get_and_update":\n',
    ),
]
