//! Tickets that were open before the connection, where they are to get rooms: a page of the list of all tickets in each
//! reading, since there is no list of those that are open.

use crate::config::budget::Scope;
use crate::reading::Reading;
use crate::reading::tickets::LIST;
use crate::reading::told;
use crate::reading::trouble::Stop;

impl Reading<'_> {
    /// Goes on where the last reading stopped, where that is wanted.
    pub(crate) async fn read_backlog(&mut self) -> Result<(), Stop> {
        if !self.settings.takes_over_open_tickets() {
            // Whoever wants it later gets those that are open by then.
            (self.state.took_over, self.state.backlog) = (false, None);
            return Ok(());
        }
        if self.state.took_over {
            return Ok(());
        }
        let cursor = self.state.backlog.clone();
        let page = self.page(Scope::Other, LIST, cursor.as_deref()).await?;
        for ticket in page.items.iter().filter_map(told::ticket).filter(|ticket| ticket.is_open) {
            self.open_or_wait(&ticket, 0, true).await?;
        }
        self.state.took_over = page.cursor.is_none();
        self.state.backlog = page.cursor;
        Ok(())
    }
}
