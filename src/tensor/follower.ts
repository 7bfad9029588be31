/** Followers: tensors that belong to a parameter, such as its moments, and go to another device with it. */
import type { Tensor } from './tensor.ts';

const followers = new WeakMap<Tensor, Set<WeakRef<Tensor>>>();

/** @internal Lets `follower` go where `leader` goes; counters and other single numbers stay where they are. */
export function follow(leader: Tensor, follower: Tensor): void {
  if (follower.dtype !== leader.dtype || follower.rank !== leader.rank) return;
  let known = followers.get(leader);
  if (!known) {
    known = new Set();
    followers.set(leader, known);
  }
  for (const one of known) if (one.deref() === undefined) known.delete(one);
  known.add(new WeakRef(follower));
}

/** @internal Those that are still in use. */
export function followersOf(leader: Tensor): Tensor[] {
  return [...(followers.get(leader) ?? [])].flatMap((one) => one.deref() ?? []);
}
