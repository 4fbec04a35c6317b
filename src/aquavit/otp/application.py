"""Application: a tree of processes with a name, settings, and what it needs to run.

Elixir: Application.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Literal

from aquavit.core import requests
from aquavit.core.exits import NoProcess, ProcessError, ServerExit, brief
from aquavit.otp import application_master, gen
from aquavit.otp.application_env import Environment
from aquavit.otp.application_master import ApplicationMaster, master_of
from aquavit.otp.gen import AlreadyStarted

__all__ = ["Application", "NotStarted"]

StartType = Literal["permanent", "transient", "temporary"]
_TYPES = ("permanent", "transient", "temporary")
_UNSET = object()
_KNOWN: dict[str, type[Application]] = {}
_ENVIRONMENT = Environment()


class NotStarted(ProcessError):
    """Raised when an application that ought to run does not; `application` is its name.

    Elixir: {:error, {:not_started, application}}.
    """

    def __init__(self, application: str, needed_by: str | None = None) -> None:
        super().__init__(application, needed_by)
        self.application = application
        self.needed_by = needed_by

    def __str__(self) -> str:
        if self.needed_by is None:
            return f"the application {self.application!r} does not run"
        return (
            f"the application {self.application!r} does not run, which {self.needed_by!r} needs\n"
            f"Application.ensure_all_started starts both"
        )


class Application:
    """The base of applications: define `init`, which says what the tree is.

    A class says what it is by `name` (by default its own), `env` (settings) and
    `dependencies` (applications that must run before).

    Example:
        >>> class Sleeper(GenServer):
        ...     def init(self): ...
        >>> class Shop(Application):
        ...     name = "shop"
        ...     env = {"port": 4000}
        ...     def init(self):
        ...         return Supervisor.spec([Sleeper])
        >>> async def main():
        ...     started = await Application.ensure_all_started(Shop)
        ...     port = Application.get_env("shop", "port")
        ...     await Application.stop("shop")
        ...     return started, port
        >>> run(main)
        (['shop'], 4000)

    Elixir: Application.
    """

    name: ClassVar[str]
    env: ClassVar[Mapping[Any, Any]] = {}
    dependencies: ClassVar[tuple[type[Application] | str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if not isinstance(cls.name, str) or not cls.name:
            raise TypeError(f"{cls.__qualname__}: expected a name (str), got {cls.name!r}")
        _KNOWN[cls.name] = cls
        _ENVIRONMENT.load(cls.name, cls.env)

    # --- callbacks

    def init(self, *args: Any, **kwargs: Any) -> Any:
        """Say what the tree is, or start it; runs in the application's own process.

        Args:
            args: what `start` was given.
            kwargs: none; a class of its own may have arguments with defaults.

        Returns:
            `Supervisor.spec(...)`, the Pid of a supervisor that was started with
            `start_link`, or None for an application without processes.

        Elixir: start/2.
        """

    def prep_stop(self) -> Any:
        """Do what is to be done before the tree is stopped. Elixir: prep_stop/1."""

    def terminate(self) -> Any:
        """Do what is to be done when the tree has stopped. Elixir: stop/1."""

    # --- starting and stopping

    @staticmethod
    async def start(
        app: type[Application] | str, *args: Any, type: StartType = "temporary"
    ) -> None:
        """Start an application; what it depends on must run already.

        Args:
            app: its class or its name.
            args: for its `init`; copied.
            type: what happens when its tree ends by itself. "permanent": the program stops,
                with status 1; "transient": the same, but not after a "normal" end;
                "temporary": nothing.

        Raises:
            AlreadyStarted: it runs, or a process has taken the name of its master.
            NotStarted: something that it depends on does not.
            LookupError: there is no such application.
            Exception: what its `init` raises.

        Elixir: Application.start/2.
        """
        if type not in _TYPES:
            raise ValueError(
                f"Application.start: expected type to be one of {_TYPES}, got {type!r}"
            )
        cls = _known(app)
        for dependency in map(_known, cls.dependencies):
            if not await _ready(dependency.name):
                raise NotStarted(dependency.name, cls.name)
        try:
            await ApplicationMaster.start(cls, type, args, name=master_of(cls.name))
        except AlreadyStarted as taken:
            if taken.name != master_of(cls.name) or not application_master.runs(cls.name):
                raise
            raise AlreadyStarted(cls, cls.name, taken.pid, "application") from None

    @staticmethod
    async def ensure_all_started(
        app: type[Application] | str | Iterable[type[Application] | str],
        type: StartType = "temporary",
    ) -> list[str]:
        """Start an application and all that it depends on, unless they run.

        Args:
            app: its class or its name, or several of them.
            type: as for `start`.

        Returns:
            The names of those that were started here, in that order.

        Raises:
            Exception: as `start`; what was started here has been stopped again.

        Elixir: Application.ensure_all_started/2.
        """
        several = not isinstance(app, (str, _Class))
        if several and not isinstance(app, Iterable):
            raise TypeError(
                "ensure_all_started: expected an application (a class or a name), or several of"
                f" them, got {brief(app)}"
            )
        started: list[str] = []
        try:
            for cls in _in_order(app if several else [app]):  # type: ignore[arg-type]
                if await _ready(cls.name):
                    continue
                try:
                    await Application.start(cls, type=type)
                except AlreadyStarted as taken:
                    if taken.kind != "application" or taken.name != cls.name:
                        raise
                    await _ready(cls.name)
                else:
                    started.append(cls.name)
        except BaseException:
            for name in reversed(started):
                # One that has ended meanwhile has told why; the others are to be stopped too.
                with suppress(NotStarted, ServerExit):
                    await Application.stop(name)
            raise
        return started

    @staticmethod
    async def stop(app: type[Application] | str) -> None:
        """Stop an application: `prep_stop`, its tree, `terminate`.

        What depends on it goes on.

        Raises:
            NotStarted: it does not run.

        Elixir: Application.stop/1.
        """
        name = app if isinstance(app, str) else _known(app).name
        if not application_master.runs(name):
            raise NotStarted(name)
        try:
            await gen.stop(master_of(name), "shutdown")
        except NoProcess:
            raise NotStarted(name) from None

    @staticmethod
    def started_applications() -> list[str]:
        """Return the names of those that run, in the order of their start.

        Elixir: Application.started_applications/1.
        """
        return application_master.running()

    # --- settings

    @staticmethod
    def get_env(app: type[Application] | str, key: Any, default: Any = None) -> Any:
        """Return a setting, or `default`.

        Elixir: Application.get_env/3.
        """
        try:
            return _ENVIRONMENT.fetch(_name(app), key)
        except KeyError:
            return default

    @staticmethod
    def fetch_env(app: type[Application] | str, key: Any) -> Any:
        """Return a setting.

        Raises:
            KeyError: there is none.

        Elixir: Application.fetch_env!/2.
        """
        try:
            return _ENVIRONMENT.fetch(_name(app), key)
        except KeyError:
            raise KeyError(f"no setting {key!r} of the application {_name(app)!r}") from None

    @staticmethod
    def put_env(app: type[Application] | str, key: Any, value: Any) -> None:
        """Change a setting, before or while the application runs.

        Elixir: Application.put_env/4.
        """
        _ENVIRONMENT.change({_name(app): {key: value}})

    @staticmethod
    def delete_env(app: type[Application] | str, key: Any) -> None:
        """Take a setting away, its default too.

        Elixir: Application.delete_env/3.
        """
        _ENVIRONMENT.delete(_name(app), key)

    @staticmethod
    def put_all_env(settings: Mapping[type[Application] | str, Mapping[Any, Any]]) -> None:
        """Change many settings at once.

        Args:
            settings: application -> key -> value.

        Example:
            >>> Application.put_all_env({"blog": {"port": 4000}, "mail": {"port": 25}})
            >>> Application.get_env("mail", "port")
            25

        Elixir: Application.put_all_env/2.
        """
        if not isinstance(settings, Mapping) or not all(
            isinstance(pairs, Mapping) for pairs in settings.values()
        ):
            raise TypeError(
                f"put_all_env: expected {{application: {{key: value}}}}, got {brief(settings)}"
            )
        _ENVIRONMENT.change({_name(app): pairs for app, pairs in settings.items()})

    @staticmethod
    def get_all_env(app: type[Application] | str) -> dict[Any, Any]:
        """Return all settings of an application.

        Elixir: Application.get_all_env/1.
        """
        return _ENVIRONMENT.all(_name(app))


#: The metaclass, under a name that the parameters `type` do not hide.
_Class = type


def _name(app: Any) -> str:
    if isinstance(app, str):
        return app
    if isinstance(app, type) and issubclass(app, Application) and app is not Application:
        return app.name
    raise TypeError(f"expected an application (a class or a name), got {brief(app)}")


def _known(app: Any) -> type[Application]:
    """Return the class of an application.

    Raises:
        LookupError: no class has that name.
    """
    if not isinstance(app, str):
        _name(app)
        return app  # type: ignore[no-any-return]
    if app not in _KNOWN:
        raise LookupError(
            f"expected the name of an application, got {app!r}\n"
            f"import the module that defines it, or give its class"
        )
    return _KNOWN[app]


def _in_order(apps: Iterable[Any]) -> list[type[Application]]:
    """Return the applications and their dependencies, each after what it needs."""
    ordered: list[type[Application]] = []

    def visit(app: Any, path: tuple[type[Application], ...]) -> None:
        cls = _known(app)
        if cls in path:
            names = " -> ".join(each.name for each in (*path, cls))
            raise ValueError(f"expected dependencies without a cycle, got {names}")
        if cls not in ordered:
            for dependency in cls.dependencies:
                visit(dependency, (*path, cls))
            ordered.append(cls)

    for app in apps:
        visit(app, ())
    return ordered


async def _ready(name: str) -> bool:
    """Wait while an application starts; tell whether it runs."""
    if not application_master.runs(name):
        return False
    try:
        await requests.call(master_of(name), "ready", None)
    except (NoProcess, ServerExit):
        return False
    return True
