// What Flamenco's manager does with a job type, as strictly as its API does: reads JOB_TYPE, fills in the settings that
// were submitted, compiles the job, prints its tasks as JSON. node flamenco_manager.js JOB_TYPE.js '{"setting": value}'
"use strict";
const fs = require("fs");
const vm = require("vm");

const TYPES = { string: "string", int32: "number", float: "number", bool: "boolean" };
const SUBTYPES = ["file_path", "dir_path", "file_name", "hashed_file_path"];
const VISIBLE = ["visible", "hidden", "submission", "web"];
const KEYS = ["key", "type", "subtype", "choices", "propargs", "label", "description", "default", "eval", "evalInfo",
    "visible", "required", "editable"];
const TASK_TYPES = ["blender", "ffmpeg", "file-management", "misc"];

function check(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

function fits(type, value) {
    return typeof value === TYPES[type] && (type !== "int32" || Number.isInteger(value));
}

class Task {
    constructor(name, type) {
        check(typeof name === "string" && name.trim(), "a task has no name");
        check(TASK_TYPES.includes(type), `there is no task type ${type}`);
        Object.assign(this, { name, type, commands: [] });
    }
    addCommand(command) {
        check(command instanceof Command, "addCommand takes a command");
        this.commands.push(command);
    }
}

class Command {
    constructor(name, parameters) {
        check(name === "exec", "the worker has no such command here");
        check(typeof parameters.exe === "string" && parameters.exe, "exec needs an exe");
        check(Array.isArray(parameters.args) && parameters.args.every((one) => typeof one === "string"),
            "the args of exec are a list of strings");
        check(Object.keys(parameters).length === 2, "exec knows exe and args alone");
        Object.assign(this, { name, parameters });
    }
}

const author = { Task: (name, type) => new Task(name, type), Command: (name, some) => new Command(name, some) };
const context = vm.createContext({ author, print: () => {} });
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), context);
const jobType = vm.runInContext("JOB_TYPE", context);
check(typeof jobType.label === "string" && jobType.label, "JOB_TYPE has no label");
const submitted = JSON.parse(process.argv[3]);
const settings = {};
for (const setting of jobType.settings) {
    check(Object.keys(setting).every((key) => KEYS.includes(key)), `${setting.key} has a property that is unknown`);
    check(/^[a-z_]+$/.test(setting.key) && !(setting.key in settings), `${setting.key} is no key`);
    check(setting.type in TYPES, `${setting.key} has no known type`);
    check(!setting.subtype || (setting.type === "string" && SUBTYPES.includes(setting.subtype)), "unknown subtype");
    check(!setting.visible || VISIBLE.includes(setting.visible), `${setting.key} is visible in no known way`);
    check(!("default" in setting) || fits(setting.type, setting.default), `the default of ${setting.key} does not fit`);
    const value = setting.key in submitted ? submitted[setting.key] : setting.default;
    check(value !== undefined || !setting.required, `${setting.key} is required`);
    check(value === undefined || fits(setting.type, value), `${setting.key} does not fit its type`);
    settings[setting.key] = value;
}
check(Object.keys(submitted).every((key) => key in settings), "a setting was submitted that the job type lacks");
const tasks = [];
// As the manager does, a task is copied when it is added: what is done to it later is lost.
const job = { name: "test", settings, addTask: (task) => tasks.push({ ...task, commands: [...task.commands] }) };
vm.runInContext("compileJob", context)(job);
check(tasks.length > 0 && tasks.every((task) => task.commands.length > 0), "there is no task, or one without commands");
check(new Set(tasks.map((task) => task.name)).size === tasks.length, "two tasks have the same name");
console.log(JSON.stringify(tasks));
