//! A listener on loopback that serves one face.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use futures::StreamExt as _;
use http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{Authority, Call, Face, Fault, Request, Streaming};

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum PortFault {
    #[error("port {0} is taken by another program")]
    Taken(u16),
    #[error("port {port} cannot be listened on: {error}")]
    Refused { port: u16, error: io::Error },
}

/// Plain HTTP, or HTTP inside TLS.
#[derive(Clone, Debug)]
pub enum Scheme {
    Http,
    Https(Authority),
}

/// A server of one face. It goes down when this is dropped, and breaks every connection.
#[derive(Debug)]
pub struct Server<F: Face> {
    face: Arc<F>,
    scheme: Scheme,
    port: u16,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    down: CancellationToken,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.down.cancel();
        self.task.abort();
    }
}

impl<F: Face> Server<F> {
    /// Listens on this port of 127.0.0.1, or on a free one (0), and serves on the runtime that calls.
    ///
    /// # Errors
    /// The port is taken or not allowed.
    pub async fn start(face: Arc<F>, port: u16, scheme: Scheme) -> Result<Self, PortFault> {
        let listener = listen(port).await?;
        let port = listener.local_addr().map_err(|error| PortFault::Refused { port, error })?.port();
        let running = run(listener, Arc::clone(&face), scheme.clone());
        Ok(Self {
            face,
            scheme,
            port,
            running: Mutex::new(Some(running)),
        })
    }

    pub fn face(&self) -> &Arc<F> {
        &self.face
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https(_) => "https",
        };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Stops listening and breaks every connection; when it returns, nothing is open.
    pub async fn go_down(&self) {
        if let Some(mut running) = self.running.lock().await.take() {
            running.down.cancel();
            // It ends by itself once the connections are gone; a panic in it is no business of ours.
            let _ = (&mut running.task).await;
        }
    }

    /// Listens again, on the same port. A server that is up stays up.
    ///
    /// # Errors
    /// Another program took the port meanwhile.
    pub async fn come_back(&self) -> Result<(), PortFault> {
        let mut running = self.running.lock().await;
        if running.is_none() {
            let listener = listen(self.port).await?;
            *running = Some(run(listener, Arc::clone(&self.face), self.scheme.clone()));
        }
        Ok(())
    }
}

async fn listen(port: u16) -> Result<TcpListener, PortFault> {
    let bound = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    bound.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => PortFault::Taken(port),
        _ => PortFault::Refused { port, error },
    })
}

/// Accepts until it is told to go down; then every connection is dropped.
fn run<F: Face>(listener: TcpListener, face: Arc<F>, scheme: Scheme) -> Running {
    let down = CancellationToken::new();
    let token = down.clone();
    let tls = match scheme {
        Scheme::Http => None,
        Scheme::Https(authority) => Some(TlsAcceptor::from(authority.config())),
    };
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = token.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => {
                    // Out of file handles, or a client that left at once: the next one may fare better.
                    let Ok((socket, _)) = accepted else { tokio::task::yield_now().await; continue };
                    let _ = socket.set_nodelay(true);
                    let (face, token, tls) = (Arc::clone(&face), token.clone(), tls.clone());
                    connections.spawn(async move {
                        match tls {
                            None => serve(socket, face, token).await,
                            Some(tls) => if let Ok(stream) = tls.accept(socket).await { serve(stream, face, token).await },
                        }
                    });
                }
            }
        }
        drop(listener);
        connections.shutdown().await;
    });
    Running { down, task }
}

/// One connection, for as long as it lasts. How it ends is the client's business.
async fn serve<F: Face>(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, face: Arc<F>, down: CancellationToken) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (face, down) = (Arc::clone(&face), down.clone());
        async move { Ok::<_, std::convert::Infallible>(handle(face, request.map(Body::new), down).await) }
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let _ = pin!(connection).await;
}

/// From a request to its answer: it is noted, the faults that stand on it have their say, and the face answers.
async fn handle<F: Face>(face: Arc<F>, http: http::Request<Body>, down: CancellationToken) -> Response<Body> {
    let (parts, body) = http.into_parts();
    let request = Request::read(&parts);
    let opened = Arc::new(face.desk().open_one(request.clone()));
    let faults = if face.desk().is_faulty() {
        face.desk().take_faults(&request, &face.subject(&request))
    } else {
        Vec::new()
    };
    for fault in &faults {
        match fault {
            Fault::Hang => std::future::pending::<()>().await,
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            _ => {}
        }
    }
    let mut reply = match faults.iter().find_map(|f| f.answer(&*face, &request)) {
        Some(reply) => reply,
        None => {
            let http = http::Request::from_parts(parts, body);
            let call = Call::new(request, http, faults.clone(), Arc::clone(&opened), down);
            face.answer(call).await
        }
    };
    for fault in &faults {
        reply = fault.spoil(reply);
    }
    if reply.extensions().get::<Streaming>().is_none() {
        return reply;
    }
    // The request stays in the list of open ones until its body ends or its client goes.
    reply.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let _held = &opened;
            piece
        }))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Desk, Route, json};
    use super::*;

    /// Says the path, or goes on for ever.
    #[derive(Debug)]
    struct Echo(Arc<Desk>);

    impl Face for Echo {
        fn desk(&self) -> &Arc<Desk> {
            &self.0
        }

        async fn answer(self: Arc<Self>, mut call: Call) -> Response<Body> {
            let body = call
                .body(100)
                .await
                .map_or_else(|e| e.to_string(), |b| String::from_utf8_lossy(&b).into_owned());
            json(200, &serde_json::json!({"path": call.request.path, "body": body}))
        }
    }

    async fn start(port: u16, scheme: Scheme) -> Result<Server<Echo>, PortFault> {
        Server::start(Arc::new(Echo(Desk::new(10))), port, scheme).await
    }

    #[tokio::test]
    async fn a_client_that_trusts_the_authority_is_served_over_tls_and_no_other() {
        let authority = Authority::new().unwrap();
        let server = start(0, Scheme::Https(authority.clone())).await.unwrap();
        let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("https://{host}:{}/hello", server.port());
            let reply = client.post(url).body("x".repeat(101)).send().await.unwrap().text().await.unwrap();
            assert_eq!(
                reply,
                r#"{"body":"the body of the request is larger than 100 bytes, or broke off","path":"/hello"}"#
            );
        }
        assert!(
            reqwest::get(format!("{}/hello", server.url())).await.is_err(),
            "a stranger's certificate"
        );
        assert_eq!(server.face().desk().total(), 2);
    }

    #[tokio::test]
    async fn a_taken_port_is_said_so_and_a_dropped_server_gives_it_back() {
        let server = start(0, Scheme::Http).await.unwrap();
        let port = server.port();
        let taken = start(port, Scheme::Http).await.unwrap_err();
        assert_eq!(taken.to_string(), format!("port {port} is taken by another program"));
        server.go_down().await;
        let other = start(port, Scheme::Http).await.unwrap();
        assert!(matches!(server.come_back().await, Err(PortFault::Taken(p)) if p == port));
        other.go_down().await;
        server.come_back().await.unwrap();
        assert!(reqwest::get(server.url()).await.unwrap().status().is_success());
    }

    #[tokio::test]
    async fn a_server_that_goes_down_breaks_what_hangs_and_a_dropped_one_does_too() {
        for drops in [false, true] {
            let server = start(0, Scheme::Http).await.unwrap();
            let desk = Arc::clone(server.face().desk());
            desk.fault(Route::path("/slow"), Fault::Hang);
            let hanging = tokio::spawn(reqwest::get(format!("{}/slow", server.url())));
            let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
            while desk.open().is_empty() {
                assert!(tokio::time::Instant::now() < deadline, "it came to be open");
                tokio::task::yield_now().await;
            }
            if drops {
                drop(server);
            } else {
                server.go_down().await;
                assert!(desk.open().is_empty());
            }
            let broken = tokio::time::timeout(Duration::from_secs(10), hanging).await;
            assert!(broken.expect("it ends").unwrap().is_err());
        }
    }
}
