//! What kubectl has and we do not do: its verbs and flags (of 1.32, and some of other years), so that a line that uses one is
//! told from one that is misspelled.

/// What helps where nothing better is known.
pub const SHELL: &str = "run the line in a shell of your own";

/// What to do about a flag that is not done.
fn instead(flag: &str) -> &'static str {
    match flag {
        "filename" | "kustomize" | "recursive" => "name the object instead of a file",
        "kubeconfig"
        | "cluster"
        | "user"
        | "server"
        | "certificate-authority"
        | "client-certificate"
        | "client-key"
        | "tls-server-name"
        | "insecure-skip-tls-verify" => "qd knows its clusters from its configuration: choose one with --context",
        "token" | "username" | "password" => "qd signs in as its configuration says: never write a secret into a line",
        "as" | "as-group" | "as-uid" => "qd acts as who you are",
        "delete-local-data" => "it is called --delete-emptydir-data now",
        "record" => "leave it out: kubectl has given it up",
        "template" => "use -o jsonpath=… or -o go-template=…",
        "watch-only" => "use --watch",
        "replace" => "it deletes the pod: do that as a step of its own",
        "patch-file" => "write the patch into the line, with -p",
        "cpu" | "memory" => "use --cpu-percent",
        "interactive" => "qd asks before it deletes",
        _ => "leave it out, or run the line in a shell of your own",
    }
}

/// Flags of all verbs.
const GLOBAL: &str = "as as-group as-uid cache-dir certificate-authority client-certificate client-key cluster disable-compression help:h insecure-skip-tls-verify kubeconfig log-flush-frequency match-server-version password profile profile-output request-timeout server:s tls-server-name token user username v:v vmodule warnings-as-errors";

/// Flags that were there in years past, or that are often believed to be.
const OLD: [(&str, &str); 3] = [("drain", "delete-local-data"), ("get", "export"), ("exec", "pod:p")];

/// Each verb's flags, with the letters that they have.
const FLAGS: [(&str, &str); 34] = [
    (
        "get",
        "allow-missing-template-keys chunk-size filename:f kustomize:k output-watch-events raw recursive:R server-print show-kind show-managed-fields subresource template watch-only",
    ),
    ("describe", "chunk-size filename:f kustomize:k recursive:R"),
    ("logs", "insecure-skip-tls-verify-backend limit-bytes pod-running-timeout"),
    (
        "events",
        "allow-missing-template-keys chunk-size no-headers show-managed-fields template",
    ),
    ("top pod", "field-selector use-protocol-buffers"),
    ("top node", "show-capacity use-protocol-buffers"),
    ("auth can-i", "no-headers"),
    ("exec", "filename:f pod-running-timeout"),
    ("attach", "pod-running-timeout"),
    ("cp", ""),
    (
        "debug",
        "arguments-only attach custom filename:f image-pull-policy keep-annotations keep-init-containers keep-labels keep-liveness keep-readiness keep-startup replace",
    ),
    ("port-forward", "pod-running-timeout"),
    (
        "scale",
        "allow-missing-template-keys filename:f kustomize:k output:o recursive:R resource-version show-managed-fields template",
    ),
    ("rollout status", "filename:f kustomize:k recursive:R"),
    (
        "rollout history",
        "allow-missing-template-keys filename:f kustomize:k recursive:R show-managed-fields template",
    ),
    (
        "rollout undo",
        "allow-missing-template-keys filename:f kustomize:k output:o recursive:R show-managed-fields template",
    ),
    (
        "rollout restart",
        "allow-missing-template-keys field-manager filename:f kustomize:k output:o recursive:R show-managed-fields template",
    ),
    (
        "rollout pause",
        "allow-missing-template-keys field-manager filename:f kustomize:k output:o recursive:R show-managed-fields template",
    ),
    (
        "rollout resume",
        "allow-missing-template-keys field-manager filename:f kustomize:k output:o recursive:R show-managed-fields template",
    ),
    (
        "set image",
        "allow-missing-template-keys field-manager filename:f kustomize:k local output:o recursive:R show-managed-fields template",
    ),
    (
        "set env",
        "allow-missing-template-keys field-manager filename:f keys kustomize:k local output:o overwrite recursive:R resolve show-managed-fields template",
    ),
    (
        "set resources",
        "allow-missing-template-keys field-manager filename:f kustomize:k local output:o recursive:R show-managed-fields template",
    ),
    (
        "autoscale",
        "allow-missing-template-keys field-manager filename:f kustomize:k output:o recursive:R save-config show-managed-fields template cpu memory",
    ),
    (
        "create job",
        "allow-missing-template-keys field-manager image output:o save-config show-managed-fields template validate",
    ),
    (
        "label",
        "allow-missing-template-keys field-manager filename:f kustomize:k local output:o recursive:R resource-version show-managed-fields template",
    ),
    (
        "annotate",
        "allow-missing-template-keys field-manager filename:f kustomize:k local output:o recursive:R resource-version show-managed-fields template",
    ),
    ("delete", "filename:f interactive:i kustomize:k output:o raw recursive:R"),
    (
        "apply",
        "all allow-missing-template-keys cascade field-manager force grace-period openapi-patch output:o overwrite prune prune-allowlist recursive:R selector:l show-managed-fields subresource template timeout validate wait",
    ),
    (
        "edit",
        "allow-missing-template-keys field-manager filename:f kustomize:k output:o output-patch recursive:R save-config show-managed-fields template validate windows-line-endings",
    ),
    (
        "patch",
        "allow-missing-template-keys field-manager filename:f kustomize:k local output:o patch-file recursive:R show-managed-fields template",
    ),
    ("cordon", ""),
    ("uncordon", ""),
    ("drain", "chunk-size skip-wait-for-delete-timeout"),
    (
        "taint",
        "allow-missing-template-keys field-manager output:o show-managed-fields template validate",
    ),
];

/// Verbs that change what kubectl itself remembers, or that only make sense in a shell, or that are not done yet.
const VERBS: [(&str, &str); 21] = [
    ("run", SHELL),
    ("expose", SHELL),
    ("explain", SHELL),
    ("certificate", SHELL),
    ("cluster-info", SHELL),
    ("proxy", "use port-forward"),
    ("diff", "use apply with --dry-run=server"),
    ("replace", "use apply"),
    ("wait", "use rollout status, or get with --watch"),
    ("kustomize", SHELL),
    ("completion", SHELL),
    ("alpha", SHELL),
    ("api-resources", SHELL),
    ("api-versions", SHELL),
    ("config", "qd knows its clusters from its configuration: choose one with --context"),
    ("plugin", SHELL),
    ("version", SHELL),
    ("options", SHELL),
    ("help", SHELL),
    ("convert", SHELL),
    ("rolling-update", "use rollout"),
];

/// Second words of verbs of two.
const SECONDS: [(&str, &str); 3] = [
    (
        "create",
        "clusterrole clusterrolebinding configmap cronjob deployment ingress namespace ns poddisruptionbudget pdb priorityclass quota role rolebinding secret service svc serviceaccount sa token",
    ),
    ("set", "selector serviceaccount sa subject"),
    ("auth", "reconcile whoami"),
];

/// Whether a flag is in a list by its name or its letter; its name.
fn find<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let flags = list.split_whitespace().map(|flag| flag.split_once(':').unwrap_or((flag, "")));
    flags
        .into_iter()
        .find(|(long, short)| *long == name || *short == name)
        .map(|(long, _)| long)
}

/// What to do about a flag of all verbs that is not done; nothing, where there is none of this name or letter.
pub fn global(name: &str) -> Option<&'static str> {
    find(GLOBAL, name).map(instead)
}

/// What to do about a flag that a verb has and that is not done; nothing, where it has none of this name or letter.
pub fn flag(verb: &str, name: &str) -> Option<&'static str> {
    let own = FLAGS
        .iter()
        .filter(|(row, _)| *row == verb)
        .find_map(|(_, flags)| find(flags, name));
    let old = || {
        OLD.iter()
            .filter(|(row, _)| verb.starts_with(row))
            .find_map(|(_, flags)| find(flags, name))
    };
    // Most changes could be recorded once.
    let record = || (name == "record").then_some("record");
    own.or_else(old).or_else(record).map(instead).or_else(|| global(name))
}

/// What to do about a verb that is not done; nothing, where there is none of this name.
pub fn verb(name: &str) -> Option<&'static str> {
    VERBS.iter().find(|(verb, _)| *verb == name).map(|(_, hint)| *hint)
}

/// Whether a verb has this second word, which is not done.
pub fn second(first: &str, name: &str) -> bool {
    SECONDS
        .iter()
        .any(|(verb, names)| *verb == first && names.split(' ').any(|n| n == name))
}
