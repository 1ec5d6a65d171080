//! Between a session, which waits in a task, and an archive, which is read and written by blocking calls.

use std::io::{self, Read, Write};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;

/// Pieces that may wait; each is at most [`PIECE`] bytes.
const PIECES: usize = 8;
/// Bytes of one piece.
pub(super) const PIECE: usize = 64 << 10;

/// What goes through. An end that is not said is a stream that was cut.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Bytes),
    End,
}

/// The sending end, in a task.
pub(super) type Source = mpsc::Sender<Piece>;

/// A pipe whose reading end blocks.
pub(super) fn to_reader() -> (Source, Reader) {
    let (source, pieces) = mpsc::channel(PIECES);
    let reader = Reader {
        pieces,
        rest: Bytes::new(),
        ended: false,
    };
    (source, reader)
}

/// A pipe whose writing end blocks.
pub(super) fn from_writer() -> (Writer, mpsc::Receiver<Bytes>) {
    let (pieces, receiver) = mpsc::channel(PIECES);
    let writer = Writer {
        pieces,
        piece: Vec::with_capacity(PIECE),
    };
    (writer, receiver)
}

/// The end that is read by blocking calls.
#[derive(Debug)]
pub(super) struct Reader {
    pieces: mpsc::Receiver<Piece>,
    rest: Bytes,
    ended: bool,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            if self.ended {
                return Ok(0);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.rest = bytes,
                Some(Piece::End) => self.ended = true,
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        let length = self.rest.len().min(into.len());
        let (Some(from), Some(to)) = (self.rest.get(..length), into.get_mut(..length)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.rest.advance(length);
        Ok(length)
    }
}

/// The end that is written by blocking calls.
#[derive(Debug)]
pub(super) struct Writer {
    pieces: mpsc::Sender<Bytes>,
    piece: Vec<u8>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(PIECE - self.piece.len().min(PIECE));
        self.piece.extend_from_slice(bytes.get(..length).unwrap_or_default());
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let sent = self.pieces.blocking_send(Bytes::from(piece));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_read_and_a_cut_is_not_an_end() {
        let (source, mut reader) = to_reader();
        source.try_send(Piece::Bytes(Bytes::from_static(b"ab"))).unwrap();
        source.try_send(Piece::End).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "ab");
        let (source, mut reader) = to_reader();
        source.try_send(Piece::Bytes(Bytes::from_static(b"ab"))).unwrap();
        drop(source);
        let cut = reader.read_to_string(&mut text).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::ConnectionAborted);
    }

    #[test]
    fn what_is_written_comes_in_pieces() {
        let (mut writer, mut pieces) = from_writer();
        writer.write_all(&vec![7; PIECE + 10]).unwrap();
        writer.flush().unwrap();
        assert_eq!(pieces.try_recv().unwrap().len(), PIECE);
        assert_eq!(pieces.try_recv().unwrap().len(), 10);
        drop(pieces);
        assert!(writer.write_all(&vec![7; PIECE]).is_err(), "nobody reads");
    }
}
