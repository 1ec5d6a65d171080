//! Lines that mean something.

use std::time::Duration;

use super::super::super::*;
use super::super::parse;
use crate::model::Known;

/// A line, and the one spelling of what it means; empty: it is that spelling.
const LINES: &[(&str, &str)] = &[
    // get
    ("kubectl get pods", ""),
    ("k get po", "kubectl get pods"),
    ("kubectl get pod", "kubectl get pods"),
    ("kubectl get Pods -owide", "kubectl get pods -o wide"),
    ("kubectl get pods -o=wide", "kubectl get pods -o wide"),
    ("kubectl get pods --output wide", "kubectl get pods -o wide"),
    ("kubectl get pods --output=json", "kubectl get pods -o json"),
    ("kubectl get pods -A", ""),
    ("kubectl get pods --all-namespaces", "kubectl get pods -A"),
    ("kubectl get pods -A -n solia", "kubectl get pods -A"),
    ("kubectl get pods --all-namespaces=false -n solia", "kubectl -n solia get pods"),
    ("kubectl -n solia get pods", ""),
    ("kubectl get pods -n solia", "kubectl -n solia get pods"),
    ("kubectl get pods -nsolia", "kubectl -n solia get pods"),
    ("kubectl get -n=solia pods", "kubectl -n solia get pods"),
    ("kubectl --namespace solia get pods", "kubectl -n solia get pods"),
    ("kubectl get --namespace=solia pods", "kubectl -n solia get pods"),
    ("kubectl get -n other pods --namespace=solia", "kubectl -n solia get pods"),
    (
        "kubectl --context prod -n solia get deploy",
        "kubectl --context=prod -n solia get deployments",
    ),
    ("kubectl get pod web-1 web-2", "kubectl get pod/web-1 pod/web-2"),
    ("kubectl get pod/web-1 svc/web", "kubectl get pod/web-1 service/web"),
    ("kubectl get pods,svc", "kubectl get pods,services"),
    ("kubectl get deploy,sts web", "kubectl get deployment/web statefulset/web"),
    ("kubectl get rc/web service/frontend", "kubectl get rc/web service/frontend"),
    ("kubectl get deployments.v1.apps -o json", "kubectl get deployments -o json"),
    ("kubectl get certificates.cert-manager.io", ""),
    ("kubectl get all -n solia", "kubectl -n solia get all"),
    ("kubectl get pods -l app=web", ""),
    (
        "kubectl get pods --selector app=web,tier!=db",
        "kubectl get pods -l 'app=web,tier!=db'",
    ),
    ("kubectl get pods -l 'env in (prod, staging)'", ""),
    ("kubectl get pods --field-selector=status.phase=Running", ""),
    (
        "kubectl get pods --field-selector status.phase!=Running -A",
        "kubectl get pods '--field-selector=status.phase!=Running' -A",
    ),
    ("kubectl get pods --show-labels", ""),
    (
        "kubectl get pods -L app,tier -Lteam",
        "kubectl get pods --label-columns=app,tier,team",
    ),
    ("kubectl get pods --sort-by='.status.containerStatuses[0].restartCount'", ""),
    ("kubectl get pods --sort-by=.metadata.creationTimestamp", ""),
    (
        "kubectl get pod web -o jsonpath='{.status.podIP}'",
        "kubectl get pod/web -o 'jsonpath={.status.podIP}'",
    ),
    (
        "kubectl get pods -o jsonpath={.items[*].metadata.name}",
        "kubectl get pods -o 'jsonpath={.items[*].metadata.name}'",
    ),
    ("kubectl get pod/web -o custom-columns=NAME:.metadata.name,IMAGE:.spec.image", ""),
    ("kubectl get pods -w", "kubectl get pods --watch"),
    ("kubectl get pods --watch --no-headers", ""),
    ("kubectl get pod web --ignore-not-found", "kubectl get pod/web --ignore-not-found"),
    ("kubectl get nodes", ""),
    ("kubectl get events --sort-by=.lastTimestamp", ""),
    (
        "kubectl get hpa,pdb,ing",
        "kubectl get horizontalpodautoscalers,poddisruptionbudgets,ingresses",
    ),
    ("kubectl get secret web -o yaml", "kubectl get secret/web -o yaml"),
    ("kubectl get pods \\\n  -n solia \\\n  -o name", "kubectl -n solia get pods -o name"),
    ("kubectl get pods   # all of them", "kubectl get pods"),
    (
        "kubectl get pod <pod-name> -n <namespace>",
        "kubectl -n <namespace> get pod/<pod-name>",
    ),
    ("kubectl get pod $POD -n ${NS}", "kubectl -n \"$NS\" get \"pod/$POD\""),
    ("kubectl get \"$KIND\" \"$NAME\"", "kubectl get \"${KIND}/$NAME\""),
    // describe
    ("kubectl describe node worker-1", "kubectl describe node/worker-1"),
    ("kubectl describe pods/web", "kubectl describe pod/web"),
    ("kubectl describe pods", ""),
    ("kubectl describe po -l name=web", "kubectl describe pods -l name=web"),
    (
        "kubectl describe pod web --show-events=false",
        "kubectl describe pod/web --show-events=false",
    ),
    ("kubectl describe hpa -A", "kubectl describe horizontalpodautoscalers -A"),
    // logs
    ("kubectl logs web", ""),
    ("kubectl logs -f web", "kubectl logs web -f"),
    ("kubectl logs -fp web", "kubectl logs web --previous -f"),
    ("kubectl logs web --follow=false", "kubectl logs web"),
    ("kubectl logs pod/web app", "kubectl logs web -c app"),
    ("kubectl logs web -c app --previous", ""),
    ("kubectl logs -p -c app web", "kubectl logs web -c app --previous"),
    ("kubectl logs web --all-containers=true", "kubectl logs web --all-containers"),
    (
        "kubectl logs -lapp=web --all-containers --prefix",
        "kubectl logs -l app=web --all-containers --prefix",
    ),
    ("kubectl logs --tail=20 web", "kubectl logs web --tail=20"),
    ("kubectl logs --tail -1 web", "kubectl logs web --tail=-1"),
    (
        "kubectl logs --since=1h web --timestamps",
        "kubectl logs web --timestamps --since=1h",
    ),
    ("kubectl logs --since=90m deploy/web", "kubectl logs deployment/web --since=1h30m"),
    ("kubectl logs web --since-time=2026-11-28T03:00:00Z", ""),
    (
        "kubectl logs deployment/web --all-pods=true --prefix",
        "kubectl logs deployment/web --all-pods --prefix",
    ),
    ("kubectl logs job/migrate --ignore-errors --max-log-requests=10", ""),
    ("kubectl logs -f <pod-name>", "kubectl logs <pod-name> -f"),
    (
        "kubectl -n $NAMESPACE logs $POD --tail=$LINES",
        "kubectl -n \"$NAMESPACE\" logs \"$POD\" --tail=\"$LINES\"",
    ),
    ("kubectl logs web --tail=<lines>", ""),
    // events
    ("kubectl events", ""),
    ("kubectl events -A --types=Warning,Normal", ""),
    ("kubectl events --for pod/web -w", "kubectl events --for=pod/web --watch"),
    ("kubectl events -oyaml", "kubectl events -o yaml"),
    // top
    ("kubectl top pod", "kubectl top pods"),
    ("kubectl top po web --containers", "kubectl top pods web --containers"),
    ("kubectl top pods -A --sort-by=memory", ""),
    (
        "kubectl top pod -l app=web --sum --no-headers",
        "kubectl top pods -l app=web --sum --no-headers",
    ),
    ("kubectl top node worker-1", "kubectl top nodes worker-1"),
    ("kubectl top no --sort-by cpu", "kubectl top nodes --sort-by=cpu"),
    ("kubectl -n solia top pods", ""),
    // auth can-i
    (
        "kubectl auth can-i create pods --all-namespaces",
        "kubectl auth can-i create pods -A",
    ),
    ("kubectl auth can-i list deployments.apps", "kubectl auth can-i list deployments"),
    ("kubectl auth can-i '*' '*'", ""),
    ("kubectl auth can-i get pods --subresource=log", ""),
    (
        "kubectl auth can-i delete pod/web -n solia",
        "kubectl -n solia auth can-i delete pods/web",
    ),
    ("kubectl auth can-i get /healthz", ""),
    ("kubectl auth can-i --list --namespace=solia", "kubectl -n solia auth can-i --list"),
    ("kubectl auth can-i patch deploy -q", "kubectl auth can-i patch deployments -q"),
    // exec
    ("kubectl exec web -- date", ""),
    ("kubectl exec -it web -- sh", ""),
    ("kubectl exec web -ti -c app -- sh", "kubectl exec -it web -c app -- sh"),
    ("kubectl exec --stdin --tty web -- /bin/sh", "kubectl exec -it web -- /bin/sh"),
    ("kubectl exec -itc app web -- sh", "kubectl exec -it web -c app -- sh"),
    (
        "kubectl exec deploy/web -- ls -la /tmp",
        "kubectl exec deployment/web -- ls -la /tmp",
    ),
    ("kubectl exec svc/web -- env", "kubectl exec service/web -- env"),
    ("kubectl exec web -- sh -c 'echo $HOME | wc -c'", ""),
    ("kubectl exec web -- pg_isready -h \"$DB_HOST\" -p 5432", ""),
    (
        "kubectl exec -i web -- psql -c \"select 'x'\"",
        "kubectl exec -i web -- psql -c 'select '\\''x'\\'''",
    ),
    (
        "kubectl exec <pod> -n solia -- nc -zv <host> 5432",
        "kubectl -n solia exec <pod> -- nc -zv <host> 5432",
    ),
    // attach
    ("kubectl attach web -c app -i -t", "kubectl attach -it web -c app"),
    ("kubectl attach -q rs/web", "kubectl attach -q replicaset/web"),
    // cp
    ("kubectl cp /tmp/foo web:/tmp/bar", ""),
    ("kubectl cp web:/tmp/foo /tmp/bar -c app", ""),
    ("kubectl cp solia/web:/tmp/foo ./bar --retries=10", ""),
    (
        "kubectl cp --no-preserve=true ./a solia/$POD:/a",
        "kubectl cp ./a \"solia/${POD}:/a\" --no-preserve",
    ),
    // debug
    ("kubectl debug web -it --image=busybox", "kubectl debug -it web --image=busybox"),
    (
        "kubectl debug web -it --image=busybox:1.36 --target=app -c dbg -- sh",
        "kubectl debug -it web --image=busybox:1.36 -c dbg --target=app -- sh",
    ),
    (
        "kubectl debug node/worker-1 -it --image=busybox --profile=sysadmin",
        "kubectl debug -it node/worker-1 --image=busybox --profile=sysadmin",
    ),
    (
        "kubectl debug web --copy-to=web-debug --set-image=*=ubuntu",
        "kubectl debug web --copy-to=web-debug --set-image='*=ubuntu'",
    ),
    (
        "kubectl debug web --copy-to=w --share-processes=false --same-node --env=A=b,C=d",
        "kubectl debug web --copy-to=w --share-processes=false --same-node --env=A=b --env=C=d",
    ),
    // port-forward
    ("kubectl port-forward pod/web 5000 6000", "kubectl port-forward web 5000 6000"),
    (
        "kubectl port-forward deploy/web 8080:80",
        "kubectl port-forward deployment/web 8080:80",
    ),
    (
        "kubectl port-forward svc/web 8443:https",
        "kubectl port-forward service/web 8443:https",
    ),
    ("kubectl port-forward web :5000", ""),
    (
        "kubectl port-forward --address localhost,10.19.21.23 pod/web 8888:5000",
        "kubectl port-forward web 8888:5000 --address=localhost,10.19.21.23",
    ),
    ("kubectl port-forward web $PORT:5432", "kubectl port-forward web \"${PORT}:5432\""),
    // scale
    ("kubectl scale deployment/web --replicas=3", ""),
    ("kubectl scale --replicas=3 deploy web", "kubectl scale deployment/web --replicas=3"),
    (
        "kubectl scale --current-replicas=2 --replicas=3 deployment/mysql",
        "kubectl scale deployment/mysql --replicas=3 --current-replicas=2",
    ),
    (
        "kubectl scale --replicas=5 rc/a rc/b rc/c",
        "kubectl scale rc/a rc/b rc/c --replicas=5",
    ),
    (
        "kubectl scale sts web --replicas 0 --timeout=2m",
        "kubectl scale statefulset/web --replicas=0 --timeout=2m",
    ),
    (
        "kubectl scale deploy --all --replicas=1 --dry-run=server",
        "kubectl scale deployments --all --replicas=1 --dry-run=server",
    ),
    (
        "kubectl scale deploy -l app=web --replicas=<n>",
        "kubectl scale deployments -l app=web --replicas=<n>",
    ),
    ("kubectl scale $TARGET --replicas=2", "kubectl scale \"$TARGET\" --replicas=2"),
    // rollout
    ("kubectl rollout status deploy/web", "kubectl rollout status deployment/web"),
    (
        "kubectl rollout status deployment web --timeout=5m",
        "kubectl rollout status deployment/web --timeout=5m",
    ),
    (
        "kubectl rollout status ds/agent -w=false --revision=3",
        "kubectl rollout status daemonset/agent --watch=false --revision=3",
    ),
    ("kubectl rollout history deployment/web", ""),
    (
        "kubectl rollout history deploy web --revision=3 -o yaml",
        "kubectl rollout history deployment/web --revision=3 -o yaml",
    ),
    ("kubectl rollout undo deployment/web", ""),
    (
        "kubectl rollout undo deploy/web --to-revision=41",
        "kubectl rollout undo deployment/web --to-revision=41",
    ),
    (
        "kubectl rollout undo deploy/web --to-revision=0",
        "kubectl rollout undo deployment/web",
    ),
    (
        "kubectl rollout undo --dry-run=server deployment/web",
        "kubectl rollout undo deployment/web --dry-run=server",
    ),
    (
        "kubectl rollout -n solia undo deployment/web",
        "kubectl -n solia rollout undo deployment/web",
    ),
    ("kubectl rollout restart deployment/web", ""),
    (
        "kubectl rollout restart deployment -n solia",
        "kubectl -n solia rollout restart deployments",
    ),
    (
        "kubectl rollout restart deployment -l app=web",
        "kubectl rollout restart deployments -l app=web",
    ),
    ("kubectl rollout pause deploy/web", "kubectl rollout pause deployment/web"),
    ("kubectl rollout resume deploy/web", "kubectl rollout resume deployment/web"),
    ("kubectl rollout restart <workload>", ""),
    // set
    ("kubectl set image deployment/web app=registry/web:v1.8.2", ""),
    (
        "kubectl set image deploy web app=web:2 proxy=envoy:1.30",
        "kubectl set image deployment/web app=web:2 proxy=envoy:1.30",
    ),
    (
        "kubectl set image deployments,rc app=web:2 --all",
        "kubectl set image deployments,rc --all app=web:2",
    ),
    (
        "kubectl set image ds/agent *=agent:2",
        "kubectl set image daemonset/agent '*=agent:2'",
    ),
    (
        "kubectl set image deploy/web app=ghcr.io/solia/web:$TAG",
        "kubectl set image deployment/web \"app=ghcr.io/solia/web:$TAG\"",
    ),
    ("kubectl set env deployment/web STORAGE_DIR=/local", ""),
    (
        "kubectl set env deploy/web LEVEL=debug OLD-",
        "kubectl set env deployment/web LEVEL=debug OLD-",
    ),
    (
        "kubectl set env deploy web --env=A=b -e C=d",
        "kubectl set env deployment/web A=b C=d",
    ),
    (
        "kubectl set resources deployment nginx -c=nginx --limits=cpu=200m,memory=512Mi",
        "kubectl set resources deployment/nginx -c nginx --limits=cpu=200m,memory=512Mi",
    ),
    (
        "kubectl set resources deployment nginx --limits=cpu=200m,memory=512Mi --requests=cpu=100m,memory=256Mi",
        "kubectl set resources deployment/nginx --limits=cpu=200m,memory=512Mi --requests=cpu=100m,memory=256Mi",
    ),
    ("kubectl set resources deployments --all --requests=cpu=0", ""),
    ("kubectl set env deployment/web --list", ""),
    (
        "kubectl set env --from=secret/mysecret deployment/web --prefix=DB_",
        "kubectl set env deployment/web --from=secret/mysecret --prefix=DB_",
    ),
    (
        "kubectl set env deployment --all -c 'app*' ENV=prod",
        "kubectl set env deployments --all ENV=prod -c 'app*'",
    ),
    // autoscale, create job
    (
        "kubectl autoscale deployment web --min=2 --max=10",
        "kubectl autoscale deployment/web --min=2 --max=10",
    ),
    (
        "kubectl autoscale deploy/web --max=5 --cpu-percent=80 --name web-hpa",
        "kubectl autoscale deployment/web --max=5 --cpu-percent=80 --name=web-hpa",
    ),
    ("kubectl create job by-hand --from=cronjob/nightly", ""),
    (
        "kubectl create job by-hand --from cj/nightly --dry-run",
        "kubectl create job by-hand --from=cronjob/nightly --dry-run=client",
    ),
    // label, annotate
    ("kubectl label pods web unhealthy=true", "kubectl label pod/web unhealthy=true"),
    (
        "kubectl label --overwrite pods web status=bad",
        "kubectl label pod/web status=bad --overwrite",
    ),
    ("kubectl label pods --all status=bad", ""),
    ("kubectl label pod web bar-", "kubectl label pod/web bar-"),
    (
        "kubectl label node worker-1 node-role.kubernetes.io/app= team-",
        "kubectl label node/worker-1 node-role.kubernetes.io/app= team-",
    ),
    ("kubectl label --list pods web", "kubectl label pod/web --list"),
    (
        "kubectl annotate deploy/web kubernetes.io/change-cause='back to 41'",
        "kubectl annotate deployment/web 'kubernetes.io/change-cause=back to 41'",
    ),
    ("kubectl annotate pods -l app=web description-", ""),
    // delete
    ("kubectl delete pod web", "kubectl delete pod/web"),
    (
        "kubectl delete pod,service baz foo",
        "kubectl delete pod/baz pod/foo service/baz service/foo",
    ),
    ("kubectl delete pods,services -l name=myLabel", ""),
    ("kubectl delete pod foo --now", "kubectl delete pod/foo --grace-period=1"),
    (
        "kubectl delete pod foo --force --grace-period=0",
        "kubectl delete pod/foo --grace-period=0 --force",
    ),
    ("kubectl delete pods --all", ""),
    ("kubectl delete pods --field-selector=status.phase=Failed -A", ""),
    (
        "kubectl delete deploy web --cascade=orphan --wait=false",
        "kubectl delete deployment/web --cascade=orphan --wait=false",
    ),
    (
        "kubectl delete rs web --cascade=false",
        "kubectl delete replicaset/web --cascade=orphan",
    ),
    (
        "kubectl delete job/x --ignore-not-found --timeout=60s --cascade",
        "kubectl delete job/x --cascade=background --timeout=1m --ignore-not-found",
    ),
    (
        "kubectl delete ns solia-lab --dry-run=client",
        "kubectl delete namespace/solia-lab --dry-run=client",
    ),
    (
        "kubectl delete pod <pod-name> --grace-period=<seconds>",
        "kubectl delete pod/<pod-name> --grace-period=<seconds>",
    ),
    // nodes
    ("kubectl cordon worker-1", ""),
    ("kubectl cordon node/worker-1", "kubectl cordon worker-1"),
    ("kubectl uncordon -l pool=blue", ""),
    ("kubectl uncordon $NODE", "kubectl uncordon \"$NODE\""),
    ("kubectl drain worker-1 --ignore-daemonsets --delete-emptydir-data", ""),
    (
        "kubectl drain worker-1 --force --grace-period=900 --timeout=300s",
        "kubectl drain worker-1 --force --grace-period=900 --timeout=5m",
    ),
    (
        "kubectl drain worker-1 --disable-eviction --pod-selector=app=web --dry-run=server",
        "",
    ),
    ("kubectl evict-pod web-1 web-2 -n solia", ""),
    (
        "kubectl -n solia evict-pod pod/web-1 --grace-period 5",
        "kubectl evict-pod web-1 --grace-period=5 -n solia",
    ),
    ("kubectl taint nodes worker-1 dedicated=special-user:NoSchedule", ""),
    (
        "kubectl taint node worker-1 worker-2 dedicated:NoSchedule-",
        "kubectl taint nodes worker-1 worker-2 dedicated:NoSchedule-",
    ),
    ("kubectl taint nodes worker-1 dedicated-", ""),
    (
        "kubectl taint node -l pool=blue dedicated=web:PreferNoSchedule",
        "kubectl taint nodes -l pool=blue dedicated=web:PreferNoSchedule",
    ),
    ("kubectl taint nodes worker-1 bar:NoExecute --overwrite", ""),
    ("kubectl taint nodes --all node-role.kubernetes.io/control-plane-", ""),
    // apply, edit, patch
    ("kubectl apply -f ./pod.json", ""),
    ("kubectl apply -f -", ""),
    ("kubectl apply -k overlays/prod --dry-run=server", ""),
    (
        "kubectl apply --filename=web.yaml --server-side --force-conflicts",
        "kubectl apply -f web.yaml --server-side --force-conflicts",
    ),
    ("kubectl edit svc/web", "kubectl edit service/web"),
    (
        "kubectl edit deployment web --subresource=status",
        "kubectl edit deployment/web --subresource=status",
    ),
    (
        "kubectl patch node k8s-1 -p '{\"spec\":{\"unschedulable\":true}}'",
        "kubectl patch node/k8s-1 -p '{\"spec\":{\"unschedulable\":true}}'",
    ),
    (
        "kubectl patch pod web --type='json' -p='[{\"op\":\"remove\",\"path\":\"/a\"}]'",
        "kubectl patch pod/web --type=json -p '[{\"op\":\"remove\",\"path\":\"/a\"}]'",
    ),
    (
        "kubectl patch deploy web --subresource scale --type=merge -p '{\"spec\":{\"replicas\":2}}'",
        "kubectl patch deployment/web --type=merge -p '{\"spec\":{\"replicas\":2}}' --subresource=scale",
    ),
];

#[test]
fn lines_mean_what_kubectl_makes_of_them() {
    assert!(LINES.len() >= 120, "{}", LINES.len());
    let mut wrong = Vec::new();
    for (line, printed) in LINES {
        let printed = if printed.is_empty() { line } else { printed };
        match parse(line) {
            Ok(action) => {
                let line_of_it = action.to_string();
                // The shell's quotes may stand around a word or in it: what counts is the word.
                if shlex::split(&line_of_it) != shlex::split(printed) || parse(printed).as_ref() != Ok(&action) {
                    wrong.push(format!("{line}\n  is      {line_of_it}\n  and not {printed}"));
                }
            }
            Err(fault) => wrong.push(format!("{line}\n  {fault}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn action(verb: Verb) -> Action {
    Action {
        place: Place::default(),
        verb,
    }
}

#[test]
fn a_line_becomes_a_value() {
    let seconds = |n| Span(Duration::from_secs(n));
    let target = Target::one(Known::Deployment, "web");
    for (line, place, verb) in [
        (
            "kubectl scale deploy/web --replicas=5 --current-replicas=$NOW -n solia --context=prod",
            Place {
                context: Some("prod".into()),
                scope: Scope::Namespace("solia".into()),
            },
            Verb::Scale(Scale {
                target: target.clone(),
                replicas: Given::Value(5),
                current_replicas: Some(Given::Open(Word::variable("NOW"))),
                timeout: None,
                dry_run: DryRun::None,
            }),
        ),
        (
            "kubectl rollout undo deploy web --to-revision 41",
            Place::default(),
            Verb::Rollout {
                target,
                rollout: Rollout::Undo {
                    to_revision: Some(Given::Value(41)),
                    dry_run: DryRun::None,
                },
            },
        ),
        (
            "kubectl logs <pod> -c app --since 5m -f --tail=10",
            Place::default(),
            Verb::Logs(Logs {
                containers: Containers::Named("app".into()),
                follow: true,
                tail: Some(Given::Value(10)),
                since: Some(Given::Value(seconds(300))),
                ..Logs::of(LogsOf::Object {
                    object: Ref::pod(Word::blank("pod")),
                    all_pods: false,
                })
            }),
        ),
        (
            "kubectl get pods,certificates -A -lapp=web",
            Place {
                context: None,
                scope: Scope::All,
            },
            Verb::Get(Get::of(Target::Kinds {
                kinds: vec![Known::Pod.into(), KindName::Other("certificates".into())],
                which: Which::Matching {
                    labels: Some("app=web".into()),
                    fields: None,
                },
            })),
        ),
        (
            "kubectl exec -i web -- sh -c 'a; b' -- -n x",
            Place::default(),
            Verb::Exec(Exec {
                object: Ref::pod("web"),
                container: None,
                stdin: true,
                tty: false,
                quiet: false,
                command: ["sh", "-c", "a; b", "--", "-n", "x"].map(Word::from).into(),
            }),
        ),
        (
            "kubectl taint no worker-1 a=b:NoExecute c-",
            Place::default(),
            Verb::Taint(Taint {
                nodes: Nodes::Named(vec!["worker-1".into()]),
                taints: vec![
                    TaintChange::Add {
                        key: "a".into(),
                        value: Some("b".into()),
                        effect: Effect::NoExecute,
                    },
                    TaintChange::Remove {
                        key: "c".into(),
                        effect: None,
                    },
                ],
                overwrite: false,
                dry_run: DryRun::None,
            }),
        ),
        (
            "kubectl delete pod/a pod/b --force",
            Place::default(),
            Verb::Delete(Delete {
                force: true,
                ..Delete::of(Target::Named(vec![Ref::pod("a"), Ref::pod("b")]))
            }),
        ),
        (
            "kubectl drain worker-1 --timeout=1m",
            Place::default(),
            Verb::Drain(Drain {
                timeout: Some(Given::Value(seconds(60))),
                ..Drain::of(Nodes::Named(vec!["worker-1".into()]))
            }),
        ),
    ] {
        assert_eq!(parse(line), Ok(Action { place, ..action(verb) }), "{line}");
    }
}
