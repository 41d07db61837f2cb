import { fileURLToPath } from 'node:url';

/** The package of version 1.0.0, as it was released. */
export const OLD_ZIP = fileURLToPath(new URL('../fixtures/rapidpro-tickets_1.0.0.zip', import.meta.url));
