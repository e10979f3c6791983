"""Calls what py> names: argv is COMMAND INPUT OUTPUT. Works with Python 2.7 and 3."""
import collections
import inspect
import json
import os
import sys
import traceback
import types

COMMAND, INPUT, OUTPUT = sys.argv[1:4]
with open(INPUT) as source:
    PARAMS = json.load(source)["params"]


class Env(object):
    """digdag.env: what the task sees, and what it wants to leave behind."""

    def __init__(self, params):
        self.params = params
        self.subtask_config = collections.OrderedDict()
        self.export_params = {}
        self.store_params = {}
        self.state_params = {}
        self.subtask_index = 0

    def set_state(self, params={}, **more):
        self.state_params.update(params, **more)

    def export(self, params={}, **more):
        self.export_params.update(params, **more)

    def store(self, params={}, **more):
        self.store_params.update(params, **more)

    def add_subtask(self, function=None, **params):
        config = dict(function, **params) if isinstance(function, dict) else params
        if function is not None and not isinstance(function, dict):
            config["py>"] = function.__module__ + "." + long_name(function)
        try:
            json.dumps(config)
        except Exception as problem:
            raise TypeError("Parameters must be serializable using JSON: %s" % problem)
        self.subtask_config["+subtask%d" % self.subtask_index] = config
        self.subtask_index += 1


def long_name(function):
    """Class.method, also where functions do not know their class (Python 2)."""
    owner = getattr(function, "im_class", None)
    if owner is not None:
        return owner.__name__ + "." + function.__name__
    return getattr(function, "__qualname__", function.__name__)


def offer_modules():
    """Makes `import digdag` and `import digdag_env` work."""
    env = Env(PARAMS)
    digdag, digdag_env = types.ModuleType("digdag"), types.ModuleType("digdag_env")
    digdag.env = env
    for name in ("params", "subtask_config", "export_params", "store_params", "state_params"):
        setattr(digdag_env, name, getattr(env, name))
    sys.modules["digdag"], sys.modules["digdag_env"] = digdag, digdag_env
    return env


def member(module_name, name):
    module = __import__(module_name, fromlist=[name])
    if not hasattr(module, name):
        raise AttributeError("Module '%s' has no attribute '%s'" % (module_name, name))
    return getattr(module, name)


def find(command):
    """The class or function of package.module.[Class.]name, and the method's name for a class."""
    path = command.split(".")
    name = path.pop()
    try:
        found = member(".".join(path), name)
    except ImportError:
        owner = path.pop()
        return member(".".join(path), owner), name
    return (found, "run") if type(found) is type else (found, None)


def arguments(function, is_bound, params):
    """Those parameters that the function takes by name; all when it takes any."""
    if function is object.__init__:
        return {}
    if hasattr(inspect, "getfullargspec"):
        spec = inspect.getfullargspec(function)
        takes_any = spec.varkw
    else:
        spec = inspect.getargspec(function)
        takes_any = spec.keywords
    names = spec.args[1:] if is_bound else spec.args
    required = len(names) - len(spec.defaults or ())
    for name in names[:max(required, 0)]:
        if name not in params:
            raise TypeError("Method '%s' requires parameter '%s' but not set" % (long_name(function), name))
    return params if takes_any else dict((name, params[name]) for name in names if name in params)


def call():
    found, method_name = find(COMMAND)
    if method_name is None:
        found(**arguments(found, False, PARAMS))
        return
    method = getattr(found(**arguments(found.__init__, True, PARAMS)), method_name)
    method(**arguments(method, True, PARAMS))


def describe(problem):
    kind, value, trace = sys.exc_info()
    message = str(value)
    if isinstance(problem, SystemExit):
        message = ("Failed to call python command with code:%s Possible cause: Invalid python module call, "
                   "duplicate module name with standard library" % problem.code)
    return {"class": kind.__name__, "message": message, "backtrace": traceback.format_exception(kind, value, trace)}


def main():
    env = offer_modules()
    sys.path.append(os.path.abspath(os.getcwd()))
    error = None
    try:
        call()
    except (Exception, SystemExit) as problem:
        error = describe(problem)
    results = {"subtask_config": env.subtask_config, "export_params": env.export_params,
               "store_params": env.store_params}
    if error is not None:
        results["error"] = error
    with open(OUTPUT, "w") as target:
        json.dump(results, target)
    if error is not None:
        sys.stderr.write("".join(error["backtrace"]))
        sys.exit(1)


main()
