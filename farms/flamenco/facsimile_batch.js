// Facsimile as a job type of Flamenco 3: a job list, cut into tasks of about as many clips each.
// Put this file into the folder "scripts" beside the manager; docs/manual/farms.md says more.

const JOB_TYPE = {
    label: "Facsimile Batch",
    description: "Puts the clips of a Facsimile job list onto their characters.",
    settings: [
        { key: "job_list", type: "string", subtype: "file_path", required: true,
            description: "The list, .csv or .yaml, where all workers reach it" },
        { key: "tasks", type: "int32", default: 10, propargs: { min: 1, max: 10000 },
            description: "How many tasks the list is cut into; a worker loads its models once for each" },
        { key: "workers", type: "int32", default: 1, propargs: { min: 1, max: 64 },
            description: "Processes that work at a task on its machine" },
        { key: "retry", type: "bool", default: false,
            description: "Try clips again that failed before and have not changed" },
        { key: "python", type: "string", default: "{facsimilePython}", required: true, visible: "web",
            description: "The Python of the backend's environment; a two-way variable of the manager by default" },
        { key: "backend", type: "string", subtype: "dir_path", default: "{facsimileFolder}", required: true,
            visible: "web", description: "The folder that has Facsimile's folder backend in it" },
    ],
};

// Python's -c keeps the folder of the backend out of the environment, which exec commands cannot set.
const PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); import os; " +
    "os.environ['PYTHONPATH'] = sys.path[0]; from backend.__main__ import main; sys.exit(main(sys.argv[1:]))";

function compileJob(job) {
    const settings = job.settings;
    for (let part = 1; part <= settings.tasks; part++) {
        const task = author.Task(`part-${part}-of-${settings.tasks}`, "misc");
        const args = [
            "-c", PROGRAM, settings.backend, "batch", settings.job_list,
            "--part", `${part}`, "--parts", `${settings.tasks}`, "--workers", `${settings.workers}`,
        ];
        if (settings.retry) {
            args.push("--retry");
        }
        task.addCommand(author.Command("exec", { exe: settings.python, args: args }));
        job.addTask(task);
    }
}
