package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.runtime.Lanes;
import dev.gradwire.service.telemetry.Metrics;

/** What all calls of a server share. */
record Resources(
        Engine engine,
        Limits limits,
        Lanes lanes,
        Admission admission,
        Budget budget,
        ProgramCache programs,
        Metrics metrics,
        CopyCounts copies) {}
