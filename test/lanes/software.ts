/** A GPU in software for Node, where none is set up: Chromium brings one. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Where Debian's Chromium describes it. */
const description = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Names it to the loader of Vulkan, which reads the environment when the first adapter is asked for. */
export function offerSoftware(): void {
  if (existsSync(description)) process.env.VK_ICD_FILENAMES ??= description;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
}
