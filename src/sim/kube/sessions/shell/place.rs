//! Where a shell stands: the environment and the files of a container, as its pod's spec makes them.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::Value;

use crate::sim::store::Stored;
use crate::sim::world::World;

/// What a process in a container sees.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub pod: String,
    pub namespace: String,
    pub container: String,
    pub image: String,
    pub node: String,
    pub ip: String,
    pub env: BTreeMap<String, String>,
    /// Contents by absolute path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The working directory.
    pub cwd: String,
}

impl Place {
    /// The inside of a container (an element of `spec.containers`) of this pod.
    pub fn of(world: &World, pod: &Stored, container: &Value) -> Self {
        let document = pod.value();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut place = Self {
            pod: pod.key.name.to_string(),
            namespace: pod.key.namespace.to_string(),
            container: text(&container["name"]),
            image: text(&container["image"]),
            node: text(&document["spec"]["nodeName"]),
            ip: text(&document["status"]["podIP"]),
            ..Self::default()
        };
        place.environment(world, &document, container);
        place.system();
        place.program();
        place.volumes(world, &document, container);
        place
    }

    /// Whether the container is a server of this sort, by its image's name.
    pub fn is(&self, sort: &str) -> bool {
        let name = self.image.rsplit('/').next().unwrap_or_default();
        name.split([':', '@']).next().unwrap_or_default().contains(sort)
    }

    /// Whether the image holds its program and nothing else: no shell, no tools.
    pub fn is_bare(&self) -> bool {
        self.image.contains("distroless")
    }

    fn environment(&mut self, world: &World, pod: &Value, container: &Value) {
        let mut set = |name: &str, value: &str| {
            self.env.insert(name.to_owned(), value.to_owned());
        };
        set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        set("HOSTNAME", &self.pod);
        set("HOME", "/root");
        let services = world.store.list("services", Some(&self.namespace)).map(|s| s.value());
        let api = world.store.get("services", "default", "kubernetes").map(|s| s.value());
        for service in services.chain(api) {
            self.service(&service);
        }
        for source in container["envFrom"].as_array().into_iter().flatten() {
            let prefix = source["prefix"].as_str().unwrap_or_default();
            for (field, shelf) in [("configMapRef", "configmaps"), ("secretRef", "secrets")] {
                let Some(name) = source[field]["name"].as_str() else { continue };
                for (key, value) in self.data(world, shelf, name) {
                    self.env
                        .insert(format!("{prefix}{key}"), String::from_utf8_lossy(&value).into_owned());
                }
            }
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            let Some(name) = variable["name"].as_str() else { continue };
            let value = match variable["value"].as_str() {
                Some(value) => Some(self.expanded(value)),
                None => self.value_from(world, pod, container, &variable["valueFrom"]),
            };
            self.env.insert(name.to_owned(), value.unwrap_or_default());
        }
    }

    /// `BACKEND_SERVICE_HOST` and the like, as the kubelet links services.
    fn service(&mut self, service: &Value) {
        let name = service["metadata"]["name"].as_str().unwrap_or_default();
        let address = service["spec"]["clusterIP"].as_str().filter(|ip| !matches!(*ip, "" | "None"));
        let (Some(address), Some(port)) = (address, service["spec"]["ports"][0]["port"].as_u64()) else {
            return;
        };
        let name = name.to_uppercase().replace('-', "_");
        self.env.insert(format!("{name}_SERVICE_HOST"), address.to_owned());
        self.env.insert(format!("{name}_SERVICE_PORT"), port.to_string());
        self.env.insert(format!("{name}_PORT"), format!("tcp://{address}:{port}"));
    }

    fn value_from(&self, world: &World, pod: &Value, container: &Value, from: &Value) -> Option<String> {
        for (field, shelf) in [("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")] {
            let reference = &from[field];
            if let (Some(name), Some(key)) = (reference["name"].as_str(), reference["key"].as_str()) {
                let data = self.data(world, shelf, name);
                return data.get(key).map(|v| String::from_utf8_lossy(v).into_owned());
            }
        }
        if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
            let found = match path.split_once("['") {
                Some((parent, key)) => pod
                    .pointer(&format!("/{}", parent.replace('.', "/")))?
                    .get(key.trim_end_matches("']"))?,
                None => pod.pointer(&format!("/{}", path.replace('.', "/")))?,
            };
            return found.as_str().map(str::to_owned);
        }
        let resource = from["resourceFieldRef"]["resource"].as_str()?;
        let (which, name) = resource.split_once('.')?;
        container["resources"][which][name].as_str().map(str::to_owned)
    }

    /// `$(NAME)` stands for a variable that was set before.
    fn expanded(&self, value: &str) -> String {
        let (mut told, mut rest) = (String::new(), value);
        while let Some((before, after)) = rest.split_once("$(") {
            told.push_str(before);
            match after.split_once(')') {
                Some((name, tail)) => {
                    match self.env.get(name) {
                        Some(value) => told.push_str(value),
                        None => told.push_str(&format!("$({name})")),
                    }
                    rest = tail;
                }
                None => {
                    told.push_str("$(");
                    rest = after;
                }
            }
        }
        told + rest
    }

    /// Keys and values of a config map or secret.
    fn data(&self, world: &World, shelf: &str, name: &str) -> BTreeMap<String, Vec<u8>> {
        let Some(stored) = world.store.get(shelf, &self.namespace, name) else {
            return BTreeMap::new();
        };
        let object = stored.value();
        let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
        let mut data = BTreeMap::new();
        for field in ["data", "binaryData"] {
            for (key, value) in object[field].as_object().into_iter().flatten() {
                let text = value.as_str().unwrap_or_default();
                let plain = shelf == "configmaps" && field == "data";
                data.insert(key.clone(), if plain { text.as_bytes().to_vec() } else { decode(text) });
            }
        }
        data
    }

    fn write(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), text.into());
    }

    fn system(&mut self) {
        let (pod, ip, namespace) = (self.pod.clone(), self.ip.clone(), self.namespace.clone());
        self.write("/etc/hostname", format!("{pod}\n"));
        self.write(
            "/etc/hosts",
            format!("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{ip}\t{pod}\n"),
        );
        self.write(
            "/etc/resolv.conf",
            format!("search {namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.100.0.10\noptions ndots:5\n"),
        );
        self.write(
            "/etc/os-release",
            "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME=\"Alpine Linux v3.22\"\n",
        );
        self.write(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n",
        );
        let command = self.command();
        self.write("/proc/1/cmdline", command.replace(' ', "\0").into_bytes());
        self.write(
            "/proc/version",
            "Linux version 6.1.155-176.282.amzn2023.x86_64 (gcc 11.5.0) #1 SMP PREEMPT_DYNAMIC\n",
        );
        self.write("/tmp/.keep", "");
        self.write("/bin/sh", "");
    }

    /// The process that the container runs.
    pub fn command(&self) -> String {
        let known: &[(&str, &str)] = &[
            ("backend", "node dist/server.js"),
            ("frontend", "node server.js"),
            ("postgres", "postgres"),
            ("redis", "redis-server *:6379"),
            ("nginx", "nginx: master process nginx -g daemon off;"),
            ("prometheus", "/bin/prometheus --config.file=/etc/prometheus/prometheus.yml"),
        ];
        let found = known.iter().find(|(sort, _)| self.is(sort));
        found.map_or_else(|| format!("/{}", self.container), |(_, command)| (*command).to_owned())
    }

    fn program(&mut self) {
        self.cwd = "/".to_owned();
        if !(self.is("backend") || self.is("frontend")) {
            return;
        }
        self.cwd = "/app".to_owned();
        let version = self.image.rsplit(':').next().unwrap_or("latest").trim_start_matches('v').to_owned();
        let name = if self.is("backend") { "solia-backend" } else { "solia-frontend" };
        self.write(
            "/app/package.json",
            format!("{{\n  \"name\": \"{name}\",\n  \"version\": \"{version}\",\n  \"private\": true\n}}\n"),
        );
        let main = if self.is("backend") {
            "/app/dist/server.js"
        } else {
            "/app/server.js"
        };
        self.write(main, "\"use strict\";\nrequire(\"./main\");\n");
        self.write("/app/node_modules/.package-lock.json", "{}\n");
    }

    fn volumes(&mut self, world: &World, pod: &Value, container: &Value) {
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let (Some(name), Some(path)) = (mount["name"].as_str(), mount["mountPath"].as_str()) else {
                continue;
            };
            let volumes = pod["spec"]["volumes"].as_array();
            let Some(volume) = volumes.into_iter().flatten().find(|v| v["name"] == name) else {
                continue;
            };
            let path = path.trim_end_matches('/');
            let mut data = BTreeMap::new();
            if let Some(name) = volume["configMap"]["name"].as_str() {
                data = self.data(world, "configmaps", name);
            } else if let Some(name) = volume["secret"]["secretName"].as_str() {
                data = self.data(world, "secrets", name);
            }
            if path.ends_with("/serviceaccount") {
                data.insert("namespace".to_owned(), self.namespace.clone().into_bytes());
                data.insert(
                    "ca.crt".to_owned(),
                    b"-----BEGIN CERTIFICATE-----\n(simulated)\n-----END CERTIFICATE-----\n".to_vec(),
                );
                data.insert("token".to_owned(), b"simulated-service-account-token".to_vec());
            }
            if data.is_empty() {
                self.write(&format!("{path}/.keep"), "");
            }
            match mount["subPath"].as_str().filter(|s| !s.is_empty()) {
                Some(sub) => {
                    if let Some(content) = data.remove(sub) {
                        self.write(path, content);
                    }
                }
                None => {
                    for (key, content) in data {
                        self.write(&format!("{path}/{key}"), content);
                    }
                }
            }
        }
    }

    /// An absolute path without dots.
    pub fn absolute(&self, path: &str) -> String {
        let base = if path.starts_with('/') { String::new() } else { self.cwd.clone() };
        let mut parts: Vec<&str> = Vec::new();
        for part in base.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }

    /// The names in a directory, directories with a slash; `None` if it is none.
    pub fn directory(&self, path: &str) -> Option<Vec<String>> {
        const ROOT: &[&str] = &[
            "bin/", "dev/", "etc/", "home/", "lib/", "media/", "mnt/", "opt/", "proc/", "root/", "run/", "sbin/", "srv/", "sys/", "tmp/",
            "usr/", "var/",
        ];
        let prefix = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        let mut names: Vec<String> = if path == "/" {
            ROOT.iter().map(|r| (*r).to_owned()).collect()
        } else {
            Vec::new()
        };
        for file in self.files.keys().filter_map(|f| f.strip_prefix(&prefix)) {
            names.push(match file.split_once('/') {
                Some((directory, _)) => format!("{directory}/"),
                None => file.to_owned(),
            });
        }
        let known = path == "/" || ROOT.iter().any(|r| *path == format!("/{}", r.trim_end_matches('/')));
        if names.is_empty() && !known {
            return None;
        }
        names.sort();
        names.dedup();
        Some(names)
    }
}
