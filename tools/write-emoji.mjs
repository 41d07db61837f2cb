/** Writes the core's table of emoji. Run it after updating emoji-toolkit or emojibase-data; the table is committed. */
import { writeFileSync } from 'node:fs';
import { EMOJI_TABLE, emojiTable } from './emoji.mjs';

writeFileSync(EMOJI_TABLE, emojiTable());
