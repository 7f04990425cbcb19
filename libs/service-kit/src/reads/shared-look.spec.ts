import { describe, expect, it } from '@jest/globals';
import { SharedLook } from './shared-look.ts';

class Questions {
  readonly asked: PromiseWithResolvers<number>[] = [];
  readonly looks = new SharedLook<number>(() => {
    const question = Promise.withResolvers<number>();
    this.asked.push(question);
    return question.promise;
  });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a shared look', () => {
  it('asks again for those who come while a question is under way, once for all of them', async () => {
    const { looks, asked } = new Questions();
    const first = looks.afresh();
    const later = [looks.afresh(), looks.afresh(), looks.afresh()];
    expect(asked).toHaveLength(1);

    asked[0]?.resolve(1);
    expect(await first).toBe(1);
    await settled();
    expect(asked).toHaveLength(2);

    asked[1]?.resolve(2);
    expect(await Promise.all(later)).toEqual([2, 2, 2]);
    expect(asked).toHaveLength(2);
  });

  it('shares the question under way with those who take an older answer', async () => {
    const { looks, asked } = new Questions();
    const answers = [looks.sharing(), looks.sharing(), looks.afresh()];
    asked[0]?.resolve(1);
    await settled();
    asked[1]?.resolve(2);

    expect(await Promise.all(answers)).toEqual([1, 1, 2]);
  });

  it('goes on after a question that failed, and tells those who asked it', async () => {
    const { looks, asked } = new Questions();
    const first = looks.afresh();
    const second = looks.afresh();
    asked[0]?.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    asked[1]?.resolve(2);

    expect(await second).toBe(2);
    const third = looks.afresh();
    asked[2]?.resolve(3);
    expect(await third).toBe(3);
  });
});
