//! A client as CLIENT LIST shows it: Redis 7.2's fields in its order, and `watch`, which came later. The number of the file descriptor has the value
//! that Redis shows for none.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::context::{Client, Shown};

/// One line without its end; `is_dirty`: a key that it watches has changed.
pub fn line(client: &Client, now_ms: u64, is_dirty: bool) -> Vec<u8> {
    let blocked = client.is_blocked();
    let shown = client.shown.lock();
    let flags = flags(client, &shown, blocked, is_dirty);
    let age_s = now_ms.saturating_sub(client.created_ms) / 1000;
    let idle_s = now_ms.saturating_sub(client.active_ms.load(Ordering::Relaxed)) / 1000;
    let multi = shown.multi_len.map_or(-1, |len| len as i64);
    let get = |bytes: &AtomicUsize| bytes.load(Ordering::Relaxed);
    let buffers = &client.buffers;
    let (qbuf, qbuf_free) = (shown.query_buffer_bytes, get(&buffers.query_room));
    let (argv, room, peak) = (get(&buffers.argument_bytes), get(&buffers.reply_room), get(&buffers.reply_peak));
    let (obl, oll, omem) = (get(&buffers.reply_bytes), get(&buffers.chunks), buffers.large_reply_bytes());
    let total = client.memory(&shown);
    let redirect = shown.tracked.map_or(-1, |(redirect, _)| redirect as i64);
    let [sub, psub, ssub] = shown.subscriptions;
    let mut text = format!("id={} addr={} laddr={} fd=-1 name=", client.id, client.addr, client.laddr).into_bytes();
    text.extend_from_slice(&shown.name);
    text.extend_from_slice(
        format!(
            " age={age_s} idle={idle_s} flags={flags} db={} sub={sub} psub={psub} ssub={ssub} multi={multi} watch={} qbuf={qbuf} \
             qbuf-free={qbuf_free} argv-mem={argv} multi-mem={} rbs={room} rbp={peak} obl={obl} oll={oll} omem={omem} \
             tot-mem={total} events={} cmd={} user={} redir={redirect} resp={} lib-name=",
            shown.db,
            shown.watched.len(),
            shown.multi_bytes + shown.queue_bytes,
            if obl + oll > 0 { "rw" } else { "r" },
            if shown.command.is_empty() { "NULL" } else { shown.command },
            String::from_utf8_lossy(&shown.user.0),
            shown.resp as u8,
        )
        .as_bytes(),
    );
    text.extend_from_slice(&shown.lib_name);
    text.extend_from_slice(b" lib-ver=");
    text.extend_from_slice(&shown.lib_ver);
    text
}

fn flags(client: &Client, shown: &Shown, blocked: bool, is_dirty: bool) -> String {
    let letters = [
        (shown.is_monitoring, 'O'),
        (shown.is_subscribed(), 'P'),
        (shown.multi_len.is_some(), 'x'),
        (blocked, 'b'),
        (shown.tracked.is_some(), 't'),
        (client.has_lost_redirect.load(Ordering::Relaxed), 'R'),
        (shown.tracked.is_some_and(|(_, broadcasts)| broadcasts), 'B'),
        (is_dirty, 'd'),
        (client.is_killed(), 'A'),
        (shown.no_evict, 'e'),
        (shown.no_touch, 'T'),
    ];
    let flags: String = letters.into_iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter).collect();
    if flags.is_empty() { "N".into() } else { flags }
}
