//! Merging and resolving kubeconfigs, with files in a temporary folder.

use std::fs;

use super::*;

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

const FIRST: &str = "
apiVersion: v1
kind: Config
current-context: ''
clusters:
- name: one
  cluster: {server: 'https://one', certificate-authority: ca.crt, proxy-url: ''}
contexts:
- name: a
  context: {cluster: one, user: me, namespace: solia}
users:
- name: me
  user:
    tokenFile: ../token
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}
";

const SECOND: &str = "
current-context: b
clusters:
- name: one
  cluster: {server: 'https://overridden', tls-server-name: ignored}
- name: two
  cluster: {server: 'https://two', certificate-authority: /etc/ca.crt}
contexts:
- name: a
  context: {cluster: two}
- name: b
  context: {cluster: two, user: other}
- name: broken
  context: {cluster: three}
users:
- name: other
  user: {exec: {command: aws, args: null, env: null}}
preferences: {}
";

#[test]
fn files_merge_as_kubectl_merges_them() {
    let folder = tempfile::tempdir().unwrap();
    let first = file(folder.path(), "x/first", FIRST);
    let second = file(folder.path(), "y/second", SECOND);
    let missing = folder.path().join("missing");
    let found = load(&[missing, first.clone(), second.clone()]).unwrap();
    assert_eq!(found.files, [first, second]);
    assert_eq!(found.current.as_deref(), Some("b"), "an empty value does not win");
    let names: Vec<_> = found
        .contexts
        .iter()
        .map(|c| (c.name.as_str(), c.cluster.as_str(), c.server.as_str()))
        .collect();
    assert_eq!(
        names,
        [("a", "one", "https://one"), ("b", "two", "https://two"), ("broken", "three", "")]
    );

    let a = found.target("a").unwrap();
    let x = folder.path().join("x");
    assert_eq!(a.cluster.certificate_authority, Some(x.join("ca.crt").display().to_string()));
    assert_eq!(
        (a.cluster.tls_server_name, a.cluster.proxy_url),
        (None, None),
        "entries are not mixed, empty is absent"
    );
    assert_eq!(a.user.token_file, Some(x.join("../token").display().to_string()));
    assert_eq!(a.user.exec.unwrap().command, Some(x.join("./plugin").display().to_string()));
    let b = found.target("").unwrap();
    assert_eq!(b.user_name, "other");
    assert_eq!(b.cluster.certificate_authority.as_deref(), Some("/etc/ca.crt"));
    assert_eq!(
        b.user.exec.unwrap().command.as_deref(),
        Some("aws"),
        "a bare name is looked up in PATH"
    );

    let (environments, current) = environments(&found, &[]);
    assert_eq!(current, 1);
    assert!(environments.iter().all(|e| e.tier == Tier::Guarded && e.label == e.name));
    assert_eq!(environments[0].kubernetes.as_ref().unwrap().namespaces, ["solia"]);
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good", SECOND);
    let found = load(&[good]).unwrap();
    let told = |name: &str| found.target(name).unwrap_err().to_string();
    assert_eq!(told("bx"), "there is no context bx (did you mean b?)");
    assert_eq!(told("production"), "there is no context production (it has a, b, broken)");
    assert_eq!(
        told("broken"),
        "context broken names the cluster three, which is not in the kubeconfig"
    );

    for (text, line) in [
        ("clusters:\n- name: x\n  cluster: [\n", ""),
        ("contexts:\n- {}\n", ", line 2"),
        ("users: 5\n", ", line 1"),
    ] {
        let bad = file(folder.path(), "bad", text);
        let problem = load(std::slice::from_ref(&bad)).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Config);
        assert!(problem.text.starts_with(&format!("{}{line}", bad.display())), "{problem}");
        assert!(!problem.text.contains('\n'), "{problem}");
    }
    let secret = file(
        folder.path(),
        "bad",
        "users:\n- name: x\n  user: {token: hunter2hunter2, exec: 5}\n",
    );
    assert!(!load(&[secret]).unwrap_err().to_string().contains("hunter2"));
    let folder_itself = load(&[folder.path().to_path_buf()]).unwrap_err();
    assert!(folder_itself.text.ends_with("it is a directory"), "{folder_itself}");
    let settings = Kubernetes {
        kubeconfig: vec!["/nonexistent/kubeconfig".into()],
        ..Kubernetes::default()
    };
    assert_eq!(
        &*load_for(&settings).unwrap_err().text,
        "there is no kubeconfig at /nonexistent/kubeconfig"
    );
}

#[test]
fn nothing_at_all_is_no_error_and_empty_names_in_the_list_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(folder.path(), "empty", "");
    assert!(load(&[empty, folder.path().join("missing")]).unwrap().is_empty());
    assert_eq!(listed(std::ffi::OsStr::new(":/a::/b:")), [PathBuf::from("/a"), PathBuf::from("/b")]);
}

#[test]
fn slips_of_the_finger_are_recognised() {
    let names = ["solia-dev", "solia-prod", "kind"];
    let near = |wanted| closest(wanted, names.into_iter());
    assert_eq!(near("solia-pord"), Some("solia-prod"));
    assert_eq!(near("SOLIA-DEV"), Some("solia-dev"));
    assert_eq!(near("minikube"), None);
}
