import type { Play } from './boundary.mts';

export function buildPlays(): void;
export function plays(): Play[];
export function countInstructions(): Record<string, number>;
