/** What a page of a lane has: its work by name, called from outside. */
import { work } from './work.ts';

Object.assign(globalThis, { work });
