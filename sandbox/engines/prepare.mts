/** Prepares the engine in `APPS_ENGINE_HOME`, after npm has installed it there. */
import { prepareInPlace } from '../rocketchat/engine/deno/inPlace.mts';
import { generation } from '../rocketchat/generation.mts';

if (!generation.appsInProcess) await prepareInPlace();
