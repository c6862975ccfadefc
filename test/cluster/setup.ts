import { afterAll, beforeEach, inject } from 'vitest';
import { closeOpened } from './shared-cluster.ts';

// For each file of tests that runs on clusters.

beforeEach(({ skip }) => skip(inject('redisUrl') === '', 'Redis is missing.'));

afterAll(closeOpened);
