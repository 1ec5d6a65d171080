//! Lines that mean nothing to us.

use super::super::parse;

/// A line, the part of it that is wrong, the sentence, and the hint.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("", "", "there is no command", "as in kubectl get pods"),
    ("kubectl", "", "there is no verb", "as in kubectl get pods"),
    ("kubectl -n solia", "", "there is no verb", "as in kubectl get pods"),
    (
        "helm list",
        "helm",
        "`helm` is not kubectl",
        "qd reads kubectl's commands alone, as in kubectl get pods",
    ),
    (
        "X=1 kubectl get pods",
        "X=1",
        "`X=1` is not kubectl",
        "qd reads kubectl's commands alone, as in kubectl get pods",
    ),
    // A shell's business.
    (
        "kubectl get pods | grep web",
        "|",
        "`|` hands the output to another program",
        "qd reads the output itself: leave out what follows",
    ),
    (
        "kubectl get pods && ls",
        "&&",
        "`&&` starts a second command",
        "one command at a time: give each its own line",
    ),
    (
        "kubectl get pods || ls",
        "||",
        "`||` starts a second command",
        "one command at a time: give each its own line",
    ),
    (
        "kubectl get pods; ls",
        ";",
        "`;` starts a second command",
        "one command at a time: give each its own line",
    ),
    (
        "kubectl proxy &",
        "&",
        "`&` leaves the command running behind the shell",
        "leave it out: what goes on has a place of its own in qd",
    ),
    (
        "kubectl get pods > out",
        ">",
        "`>` writes the output into a file",
        "qd keeps the output: leave it out",
    ),
    (
        "kubectl get pods 2>&1",
        ">",
        "`>` writes the output into a file",
        "qd keeps the output: leave it out",
    ),
    (
        "kubectl apply -f - <<EOF",
        "<<",
        "`<<` reads text from the lines below",
        "give the text in a file",
    ),
    (
        "kubectl logs <pod name>",
        "<",
        "`<` reads from a file",
        "something to fill in is one word, as in <pod-name>; text goes in quotes",
    ),
    (
        "kubectl logs $(kubectl get pods -o name)",
        "$(",
        "`$(` runs another command",
        "write its output here, or a variable such as $POD",
    ),
    (
        "kubectl logs \"$(date)\"",
        "$(",
        "`$(` runs another command",
        "write its output here, or a variable such as $POD",
    ),
    (
        "kubectl logs `date`",
        "`",
        "a back-tick runs another command",
        "write its output here, or a variable such as $POD",
    ),
    (
        "kubectl get pods\nkubectl get nodes",
        "\n",
        "a second line starts here",
        "one command at a time; a line goes on after a \\ at its end",
    ),
    ("kubectl logs 'web", "'", "`'` is not closed", "the other half of it is missing"),
    ("kubectl logs \"web", "\"", "`\"` is not closed", "the other half of it is missing"),
    ("kubectl logs ${POD", "${", "`${` is not closed", "the other half of it is missing"),
    (
        "kubectl logs ${POD:-web}",
        "${POD:-web}",
        "`${POD:-web}` is more than a variable",
        "a variable is written $NAME or ${NAME}",
    ),
    (
        "kubectl logs $1",
        "$1",
        "`$1` is known to a shell alone",
        "a variable is written $NAME; a dollar that is meant goes in single quotes",
    ),
    (
        "kubectl delete pod web-{0,1}",
        "{0,1}",
        "a shell makes several words of this",
        "write the words, or put the text in single quotes",
    ),
    (
        "kubectl logs web \\",
        "\\",
        "nothing follows the `\\`",
        "leave it out, or write the line that goes on",
    ),
    (
        "kubectl logs we\u{1b}b",
        "\u{1b}",
        "a control character cannot be part of a word",
        "leave it out",
    ),
    // Verbs.
    ("kubectl gte pods", "gte", "kubectl has no verb `gte`", "did you mean `get`?"),
    ("kubectl frobnicate", "frobnicate", "kubectl has no verb `frobnicate`", ""),
    (
        "kubectl run x --image=y",
        "run",
        "`run` is a verb of kubectl that qd does not do",
        "run the line in a shell of your own",
    ),
    (
        "kubectl diff -f x.yaml",
        "diff",
        "`diff` is a verb of kubectl that qd does not do",
        "use apply with --dry-run=server",
    ),
    (
        "kubectl rollout",
        "",
        "`rollout` needs a second word",
        "one of status, history, undo, restart, pause, resume",
    ),
    (
        "kubectl rollout restrat deploy/web",
        "restrat",
        "`rollout` has no `restrat`",
        "did you mean `rollout restart`?",
    ),
    (
        "kubectl set selector service/web app=web",
        "selector",
        "`set selector` is a verb of kubectl that qd does not do",
        "run the line in a shell of your own",
    ),
    (
        "kubectl set resources deploy/web",
        "",
        "`set resources` needs limits or requests",
        "as in kubectl set resources deployment/web --limits=cpu=200m,memory=512Mi",
    ),
    (
        "kubectl set resources deploy/web --limits=cpu",
        "--limits=cpu",
        "`--limits` cannot be `cpu`",
        "as in --limits=cpu=200m,memory=512Mi",
    ),
    (
        "kubectl create deployment web",
        "deployment",
        "`create deployment` is a verb of kubectl that qd does not do",
        "run the line in a shell of your own",
    ),
    // Flags.
    (
        "kubectl logs web --folow",
        "--folow",
        "`logs` has no flag `--folow`",
        "did you mean `--follow`?",
    ),
    ("kubectl logs web -z", "-z", "`logs` has no flag `-z`", ""),
    (
        "kubectl get pods --replicas=3",
        "--replicas=3",
        "`get` has no flag `--replicas`",
        "",
    ),
    (
        "kubectl get -f web.yaml",
        "-f",
        "`-f` is a flag of kubectl that qd does not do",
        "name the object instead of a file",
    ),
    (
        "kubectl delete --filename=web.yaml",
        "--filename=web.yaml",
        "`--filename` is a flag of kubectl that qd does not do",
        "name the object instead of a file",
    ),
    (
        "kubectl drain n --delete-local-data",
        "--delete-local-data",
        "`--delete-local-data` is a flag of kubectl that qd does not do",
        "it is called --delete-emptydir-data now",
    ),
    (
        "kubectl scale deploy/web --replicas=3 --record",
        "--record",
        "`--record` is a flag of kubectl that qd does not do",
        "leave it out: kubectl has given it up",
    ),
    (
        "kubectl --kubeconfig /tmp/x get pods",
        "--kubeconfig",
        "`--kubeconfig` is a flag of kubectl that qd does not do",
        "qd knows its clusters from its configuration: choose one with --context",
    ),
    (
        "kubectl get pods --as=root",
        "--as=root",
        "`--as` is a flag of kubectl that qd does not do",
        "qd acts as who you are",
    ),
    (
        "kubectl get pods -v=8",
        "-v=8",
        "`-v` is a flag of kubectl that qd does not do",
        "leave it out, or run the line in a shell of your own",
    ),
    (
        "kubectl get pods -n",
        "-n",
        "`-n` needs a value",
        "it follows as the next word, or after a `=`",
    ),
    (
        "kubectl get pods --namespace",
        "--namespace",
        "`--namespace` needs a value",
        "it follows as the next word, or after a `=`",
    ),
    (
        "kubectl get pods -n ''",
        "''",
        "`--namespace` cannot be empty",
        "leave it out for the one in front",
    ),
    (
        "kubectl logs web --follow=maybe",
        "--follow=maybe",
        "`--follow` is on or off, not `maybe`",
        "--follow or --follow=false",
    ),
    (
        "kubectl logs web --$FLAG",
        "--$FLAG",
        "`--$FLAG` leaves open which flag it is",
        "only values can be left to fill in",
    ),
    (
        "kubectl logs web --tail=many",
        "--tail=many",
        "`--tail` cannot be `many`",
        "as in --tail=200",
    ),
    (
        "kubectl logs web --since=1d",
        "--since=1d",
        "`--since` cannot be `1d`",
        "as in --since=15m, --since=24h",
    ),
    (
        "kubectl scale deploy/web --replicas=-1",
        "--replicas=-1",
        "`--replicas` cannot be `-1`",
        "as in --replicas=3",
    ),
    (
        "kubectl delete pod web --dry-run=yes",
        "--dry-run=yes",
        "`--dry-run` cannot be `yes`",
        "one of none, client, server",
    ),
    ("kubectl get pods --since=1h", "--since=1h", "`get` has no flag `--since`", ""),
    // Objects.
    (
        "kubectl get",
        "",
        "`get` needs to know what: a kind, and a name",
        "as in kubectl get pods",
    ),
    (
        "kubectl delete pods",
        "",
        "`delete` needs to know which of the pods",
        "a name or a selector, as in kubectl delete pod web",
    ),
    ("kubectl delete pod/a b", "b", "`b` has no kind", "as in deployment/b"),
    (
        "kubectl delete pod a pod/b",
        "pod/b",
        "`pod/b` is a kind and a name, after a kind",
        "either `kind name name` or `kind/name kind/name`",
    ),
    ("kubectl delete pod/", "pod/", "`pod/` is no kind and name", "as in deployment/web"),
    (
        "kubectl delete pod ''",
        "''",
        "a name of an object is missing here",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl get - pods",
        "-",
        "`-` is no kind of object",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl delete pod a,b",
        "a,b",
        "`a,b` is no name of an object",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl logs ../nodes",
        "../nodes",
        "`..` is no kind of object",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl delete pod web-*",
        "web-*",
        "`web-*` is no name of an object",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl get pods,",
        "pods,",
        "a kind of object is missing here",
        "one has letters and digits, and `-` and `.` between them",
    ),
    (
        "kubectl get pod web -l app=web",
        "app=web",
        "names and a selector exclude each other",
        "leave one of them out",
    ),
    (
        "kubectl delete pods --all -l a=b",
        "--all",
        "`--all` and a selector exclude each other",
        "leave one of them out",
    ),
    (
        "kubectl edit deploy a b",
        "b",
        "`edit` is for one object at a time",
        "as in kubectl edit deployment/web",
    ),
    ("kubectl edit $X", "", "`edit` needs a kind and a name", "as in deployment/$X"),
    (
        "kubectl get pod web -A",
        "-A",
        "a name and all namespaces exclude each other",
        "say which namespace, with -n",
    ),
    (
        "kubectl get pods --help",
        "--help",
        "`--help` is a flag of kubectl that qd does not do",
        "leave it out, or run the line in a shell of your own",
    ),
    // What each verb needs.
    (
        "kubectl scale deploy/web",
        "",
        "`scale` needs a number of replicas",
        "as in kubectl scale deployment/web --replicas=3",
    ),
    (
        "kubectl exec web",
        "",
        "`exec` needs a command behind a `--`",
        "as in kubectl exec web -- ls",
    ),
    (
        "kubectl exec web ls",
        "ls",
        "`ls` stands before the `--`",
        "the command follows a `--`, as in kubectl exec web -- ls",
    ),
    (
        "kubectl delete pod web -- now",
        "now",
        "`delete` runs no command",
        "leave out the `--` and what follows",
    ),
    (
        "kubectl logs",
        "",
        "`logs` needs to know whose",
        "as in kubectl logs deployment/web -c web",
    ),
    (
        "kubectl logs a b c",
        "c",
        "`c` is one word too many for `logs`",
        "one pod or workload at a time, or a selector",
    ),
    (
        "kubectl port-forward svc/web",
        "",
        "`port-forward` needs ports",
        "as in kubectl port-forward service/web 8080:80",
    ),
    (
        "kubectl port-forward svc/web 80:99999",
        "80:99999",
        "`80:99999` is no pair of ports",
        "a port here and one there, as in 8080:80; or 80, or :80 for any that is free here",
    ),
    (
        "kubectl cp a b",
        "a b",
        "neither of the paths is in a pod",
        "one in a pod is pod:path, or namespace/pod:path",
    ),
    (
        "kubectl set image deploy/web",
        "",
        "`set image` needs a container and its image",
        "as in kubectl set image deployment/web web=registry/web:2",
    ),
    (
        "kubectl set image deploy/web app=",
        "app=",
        "a container needs an image",
        "as in kubectl set image deployment/web web=registry/web:2",
    ),
    (
        "kubectl label pod web",
        "",
        "`label` needs a change",
        "as in kubectl label pod web tier=front",
    ),
    (
        "kubectl label pod web a=b c",
        "c",
        "`c` changes nothing",
        "objects stand first; then name=value, or name- to take one away",
    ),
    ("kubectl label pod web =b", "=b", "`=b` has no name", "as in name=value, or name-"),
    (
        "kubectl taint pod web a=b:NoSchedule",
        "pod",
        "`pod` cannot be tainted: only nodes can",
        "as in kubectl taint nodes worker-1 dedicated=web:NoSchedule",
    ),
    (
        "kubectl taint nodes n a=b:Never",
        "a=b:Never",
        "`a=b:Never` is no taint",
        "key=value:effect, key:effect, or with a `-` behind it to take it away; effects are NoSchedule, PreferNoSchedule, NoExecute",
    ),
    (
        "kubectl drain",
        "",
        "`drain` needs to know which node",
        "as in kubectl drain worker-1 --ignore-daemonsets",
    ),
    (
        "kubectl cordon pod/web",
        "pod/web",
        "`pod/web` is no node",
        "as in kubectl cordon worker-1",
    ),
    (
        "kubectl apply -f a.yaml -f b.yaml",
        "b.yaml",
        "one file at a time",
        "give each its own line",
    ),
    (
        "kubectl create job x --from=deploy/web",
        "--from=deploy/web",
        "a job is made from a cron job, not from `deploy/web`",
        "as in kubectl create job by-hand --from=cronjob/nightly",
    ),
    (
        "kubectl delete pod web --now --grace-period=5",
        "--now",
        "`--now` and `--grace-period` exclude each other",
        "`--now` is --grace-period=1",
    ),
    (
        "kubectl patch deploy/web",
        "",
        "`patch` needs a patch",
        "as in kubectl patch deployment/web -p '{\"spec\":{\"paused\":true}}'",
    ),
];

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let mut wrong = Vec::new();
    for (line, part, message, hint) in FAULTS {
        match parse(line) {
            Ok(action) => wrong.push(format!("{line}\n  is {action}")),
            Err(fault) => {
                let found = (
                    line.get(fault.span.clone()),
                    fault.message.as_str(),
                    fault.hint.as_deref().unwrap_or_default(),
                );
                if found != (Some(*part), *message, *hint) {
                    wrong.push(format!("{line}\n  {found:?}"));
                }
                if part.is_empty() && fault.span.start != line.trim_end().len() {
                    wrong.push(format!("{line}\n  stands at {:?}", fault.span));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_fault_is_one_line() {
    let fault = parse("kubectl gte pods").unwrap_err();
    assert_eq!(fault.to_string(), "column 9: kubectl has no verb `gte`; did you mean `get`?");
}
