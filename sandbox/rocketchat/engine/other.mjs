/** `node --import` this beside tsx, and the sandbox runs on the Apps-Engine in `APPS_ENGINE_HOME`. */
import { register } from 'node:module';

register('./facades.mjs', import.meta.url);
