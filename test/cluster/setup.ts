import { afterAll, beforeEach, inject } from 'vitest';
import { endSharedClusters } from './shared-cluster.ts';

// For each file of tests that runs on clusters.

beforeEach(({ skip }) => skip(inject('redisUrl') === '', 'Redis is missing.'));

afterAll(endSharedClusters);
