//! A sentence with names of metrics in it on few cells: a name is broken only where no row could hold it, and then behind a `_`.

use crate::ui::widgets::width;

/// The rows of a text.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !row.is_empty() && width(&row) + 1 + width(word) <= cells {
            row.push(' ');
            row.push_str(word);
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        let mut pieces = pieces(word, cells);
        row = pieces.pop().unwrap_or_default();
        rows.extend(pieces);
    }
    rows.push(row);
    rows
}

/// A word in pieces that fit.
fn pieces(word: &str, cells: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut piece = String::new();
    for part in word.split_inclusive(['_', ':', ',', '/']) {
        if !piece.is_empty() && width(&piece) + width(part) > cells {
            all.push(std::mem::take(&mut piece));
        }
        for sign in part.chars() {
            let mut wider = piece.clone();
            wider.push(sign);
            if width(&wider) > cells && !piece.is_empty() {
                all.push(std::mem::take(&mut piece));
            }
            piece.push(sign);
        }
    }
    all.push(piece);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_whole_where_a_row_can_hold_them() {
        let text = "no series: looked for http_requests_total, db_client_connection_pending_requests";
        assert_eq!(
            wrap(text, 38),
            [
                "no series: looked for",
                "http_requests_total,",
                "db_client_connection_pending_requests"
            ]
        );
        assert_eq!(
            wrap(text, 20),
            [
                "no series: looked",
                "for",
                "http_requests_total,",
                "db_client_",
                "connection_pending_",
                "requests"
            ]
        );
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 5), [""]);
        for cells in 0..60 {
            let rows = wrap(text, cells);
            assert!(rows.iter().all(|row| width(row) <= cells.max(1)), "{cells}: {rows:?}");
            let joined: String = rows.concat().chars().filter(|c| *c != ' ').collect();
            assert_eq!(joined, text.replace(' ', ""), "{cells}");
        }
    }
}
