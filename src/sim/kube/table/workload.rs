//! What makes and guards pods: deployments and their like, jobs, autoscalers, disruption budgets.

use serde_json::{Value, json};

use super::text::{NONE, containers, count, items, number, or, selector, text};
use super::{AGE, CONTAINERS, Cells, Context, IMAGES, Known, NAME, age, name};

const SELECTOR: Known = ("Selector", "string", "The label query over the pods.", 1);
const DESIRED: Known = ("Desired", "integer", "The number of pods that should be.", 0);
const CURRENT: Known = ("Current", "integer", "The number of pods that are.", 0);
const READY: Known = ("Ready", "integer", "The number of pods that are ready.", 0);

pub fn known(shelf: &str, minor: u32) -> Option<(Vec<Known>, Cells)> {
    Some(match shelf {
        "deployments" => (
            vec![
                NAME,
                ("Ready", "string", "Number of the pod with ready state", 0),
                ("Up-to-date", "string", "Pods of the present template.", 0),
                ("Available", "string", "Pods that have been ready for long enough.", 0),
                AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR,
            ],
            deployment,
        ),
        "replicasets" => (vec![NAME, DESIRED, CURRENT, READY, AGE, CONTAINERS, IMAGES, SELECTOR], replica_set),
        "statefulsets" => (
            vec![
                NAME,
                ("Ready", "string", "Number of the pod with ready state", 0),
                AGE,
                CONTAINERS,
                IMAGES,
            ],
            stateful_set,
        ),
        "daemonsets" => (
            vec![
                NAME,
                DESIRED,
                CURRENT,
                READY,
                ("Up-to-date", "integer", "Pods of the present template.", 0),
                ("Available", "integer", "Pods that have been ready for long enough.", 0),
                ("Node Selector", "string", "The labels that a node needs.", 0),
                AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR,
            ],
            daemon_set,
        ),
        "jobs" => (jobs(minor), job),
        "cronjobs" => (cron_jobs(minor), cron_job),
        "controllerrevisions" => (
            vec![
                NAME,
                ("Controller", "string", "Controller of the object", 0),
                ("Revision", "string", "Number of the state.", 0),
                AGE,
            ],
            revision,
        ),
        "horizontalpodautoscalers" => (
            vec![
                NAME,
                ("Reference", "string", "What is scaled.", 0),
                ("Targets", "string", "The metrics, with what they should be.", 0),
                ("MinPods", "string", "The fewest replicas.", 0),
                ("MaxPods", "string", "The most replicas.", 0),
                ("Replicas", "string", "The replicas that are.", 0),
                AGE,
            ],
            autoscaler,
        ),
        "poddisruptionbudgets" => (
            vec![
                NAME,
                ("Min Available", "string", "The minimum number of pods that must be available.", 0),
                (
                    "Max Unavailable",
                    "string",
                    "The maximum number of pods that may be unavailable.",
                    0,
                ),
                (
                    "Allowed Disruptions",
                    "integer",
                    "Calculated number of pods that may be disrupted at this time.",
                    0,
                ),
                AGE,
            ],
            budget,
        ),
        _ => return None,
    })
}

fn jobs(minor: u32) -> Vec<Known> {
    let mut columns = vec![NAME];
    if minor > 30 {
        columns.push(("Status", "string", "Status of the job.", 0));
    }
    columns.extend([
        ("Completions", "string", "How many pods have succeeded, of how many.", 0),
        ("Duration", "string", "Time required to complete the job.", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ]);
    columns
}

fn cron_jobs(minor: u32) -> Vec<Known> {
    let mut columns = vec![NAME, ("Schedule", "string", "The schedule in Cron format.", 0)];
    if minor > 29 {
        columns.push(("Timezone", "string", "The time zone of the schedule.", 0));
    }
    columns.extend([
        ("Suspend", "boolean", "Whether later runs are suspended.", 0),
        ("Active", "integer", "The number of jobs that run.", 0),
        ("Last Schedule", "string", "When a job was last started.", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ]);
    columns
}

fn deployment(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let [names, images] = containers(&spec["template"]);
    let ready = format!("{}/{}", number(&status["readyReplicas"]), number(&spec["replicas"]));
    vec![
        name(o),
        json!(ready),
        json!(number(&status["updatedReplicas"])),
        json!(number(&status["availableReplicas"])),
        age(o, at.now),
        names,
        images,
        selector(&spec["selector"]),
    ]
}

fn replica_set(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let [names, images] = containers(&spec["template"]);
    vec![
        name(o),
        json!(number(&spec["replicas"])),
        json!(number(&status["replicas"])),
        json!(number(&status["readyReplicas"])),
        age(o, at.now),
        names,
        images,
        selector(&spec["selector"]),
    ]
}

fn stateful_set(o: &Value, at: Context) -> Vec<Value> {
    let [names, images] = containers(&o["spec"]["template"]);
    let ready = format!("{}/{}", number(&o["status"]["readyReplicas"]), number(&o["spec"]["replicas"]));
    vec![name(o), json!(ready), age(o, at.now), names, images]
}

fn daemon_set(o: &Value, at: Context) -> Vec<Value> {
    let (template, status) = (&o["spec"]["template"], &o["status"]);
    let [names, images] = containers(template);
    let mut cells = vec![name(o)];
    cells.extend(
        [
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        ]
        .map(|field| json!(number(&status[field]))),
    );
    cells.extend([
        super::text::labels(&template["spec"]["nodeSelector"]),
        age(o, at.now),
        names,
        images,
        selector(&o["spec"]["selector"]),
    ]);
    cells
}

fn job(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let succeeded = number(&status["succeeded"]);
    let completions = match (spec["completions"].as_i64(), number(&spec["parallelism"])) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let duration = super::age::time(&status["startTime"]).map(|start| {
        let end = super::age::time(&status["completionTime"]).unwrap_or(at.now);
        super::age::span(start, end)
    });
    let [names, images] = containers(&spec["template"]);
    let mut cells = vec![name(o)];
    if at.minor > 30 {
        cells.push(json!(job_status(o)));
    }
    cells.extend([
        json!(completions),
        json!(duration.unwrap_or_default()),
        age(o, at.now),
        names,
        images,
        selector(&spec["selector"]),
    ]);
    cells
}

fn job_status(o: &Value) -> &'static str {
    let holds = |kind: &str| items(&o["status"]["conditions"]).any(|c| c["type"] == kind && c["status"] == "True");
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if o["metadata"]["deletionTimestamp"].is_string() => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn cron_job(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let [names, images] = containers(&spec["jobTemplate"]["spec"]["template"]);
    let last = super::age::time(&status["lastScheduleTime"]).map(|t| super::age::span(t, at.now));
    let mut cells = vec![name(o), spec["schedule"].clone()];
    if at.minor > 29 {
        cells.push(or(&spec["timeZone"], NONE));
    }
    cells.extend([
        json!(if spec["suspend"] == true { "True" } else { "False" }),
        json!(count(&status["active"])),
        json!(last.unwrap_or_else(|| NONE.to_owned())),
        age(o, at.now),
        names,
        images,
        selector(&spec["jobTemplate"]["spec"]["selector"]),
    ]);
    cells
}

fn revision(o: &Value, at: Context) -> Vec<Value> {
    let owner = items(&o["metadata"]["ownerReferences"]).find(|owner| owner["controller"] == true);
    let controller = owner.map(|owner| {
        let group = text(&owner["apiVersion"]).split_once('/').map(|(group, _)| format!(".{group}"));
        let kind = text(&owner["kind"]).to_lowercase();
        format!("{kind}{}/{}", group.unwrap_or_default(), text(&owner["name"]))
    });
    vec![
        name(o),
        json!(controller.unwrap_or_else(|| NONE.to_owned())),
        json!(number(&o["revision"])),
        age(o, at.now),
    ]
}

fn budget(o: &Value, at: Context) -> Vec<Value> {
    let limit = |field: &str| match &o["spec"][field] {
        Value::Null => json!("N/A"),
        Value::String(text) => json!(text),
        number => json!(number.to_string()),
    };
    vec![
        name(o),
        limit("minAvailable"),
        limit("maxUnavailable"),
        json!(number(&o["status"]["disruptionsAllowed"])),
        age(o, at.now),
    ]
}

fn autoscaler(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let target = &spec["scaleTargetRef"];
    let current: Vec<&Value> = items(&status["currentMetrics"]).collect();
    let targets: Vec<String> = items(&spec["metrics"])
        .enumerate()
        .map(|(i, metric)| scaled_by(metric, current.get(i).copied().unwrap_or(&Value::Null), at.minor))
        .collect();
    let shown = match targets.len() {
        0 => NONE.to_owned(),
        1 | 2 => targets.join(", "),
        more => format!(
            "{} + {} more...",
            targets.iter().take(2).cloned().collect::<Vec<_>>().join(", "),
            more - 2
        ),
    };
    vec![
        name(o),
        json!(format!("{}/{}", text(&target["kind"]), text(&target["name"]))),
        json!(shown),
        json!(spec["minReplicas"].as_i64().map_or_else(|| "<unset>".to_owned(), |n| n.to_string())),
        json!(number(&spec["maxReplicas"])),
        json!(number(&status["currentReplicas"])),
        age(o, at.now),
    ]
}

/// `cpu: 10%/80%`; older servers leave out what is measured.
fn scaled_by(metric: &Value, current: &Value, minor: u32) -> String {
    let source = match text(&metric["type"]) {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => return "<unknown type>".to_owned(),
    };
    let target = &metric[source]["target"];
    let current = &current[source]["current"];
    let resource = matches!(source, "resource" | "containerResource");
    let prefix = match resource && minor > 30 {
        true => format!("{}: ", text(&metric[source]["name"])),
        false => String::new(),
    };
    if resource && target["averageUtilization"].is_i64() {
        let now = current["averageUtilization"].as_i64();
        let now = now.map_or_else(|| "<unknown>".to_owned(), |n| format!("{n}%"));
        return format!("{prefix}{now}/{}%", number(&target["averageUtilization"]));
    }
    let (field, suffix) = match (&target["averageValue"], source) {
        (Value::String(_), "object" | "external") => ("averageValue", " (avg)"),
        (Value::String(_), _) => ("averageValue", ""),
        _ => ("value", ""),
    };
    let now = current[field].as_str().unwrap_or("<unknown>");
    format!("{prefix}{now}/{}{suffix}", text(&target[field]))
}
