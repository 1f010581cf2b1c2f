//! A taken port.

use std::net::TcpListener;

use crate::support::process::Server;

#[test]
fn a_taken_port_is_said_at_once() {
    let mut server = Server::lockstep(&[]);
    server.kill();
    for (port, flag) in [(server.port(), "--port"), (server.port() + 10_000, "--peer-port")] {
        let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (code, output) = server.start_in_vain();
        assert_eq!(code, Some(1));
        assert!(output.contains(&format!("cannot listen on 127.0.0.1:{port}")) && output.contains(flag), "{output}");
        drop(taken);
    }
    server.start_again();
}
