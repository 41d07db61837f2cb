/** Writes the core's table of files' endings. Run it after updating mime-db; the table is committed. */
import { writeFileSync } from 'node:fs';
import { FILE_ENDINGS_TABLE, fileEndingsTable } from './file-endings.mjs';

writeFileSync(FILE_ENDINGS_TABLE, fileEndingsTable());
