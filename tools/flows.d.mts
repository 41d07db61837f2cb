/** A file that RapidPro imports, as far as the sandbox reads it. */
export interface FlowFile {
	flows: { uuid: string; name: string }[];
	triggers: { trigger_type: string; flow: { uuid: string; name: string } }[];
	groups: object[];
}

export const FLOW_FILES: Record<'rapidpro-flows.json' | 'rapidpro-flow-closed.json', () => FlowFile>;

export function writeFlows(folder: string): string[];
