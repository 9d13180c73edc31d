package dev.gradwire.bench;

import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.TextForm;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.torch.LibraryKernels;
import dev.gradwire.kernel.torch.TorchBackend;
import dev.gradwire.kernel.vector.VectorGroups;
import dev.gradwire.op.Operators;
import dev.gradwire.pass.Pipeline;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Stages;
import dev.gradwire.pass.Target;
import dev.gradwire.pass.Work;
import org.jspecify.annotations.Nullable;

/** Who computes what is timed. */
public enum Way {
    /** The tile interpreter of {@code kernel.vector}. */
    TIER_0("tier 0", "0"),
    /** Its generated loops. */
    TIER_1("tier 1", "1"),
    /** Kernels of the project's own around functions of libraries: products in parts, pooling. */
    PARTS("parts", ""),
    /** libtorch's kernel for each node. */
    LIBTORCH("libtorch", "");

    /** By which {@code kernel.vector} is held to one of its tiers. */
    private static final String TIER = "gradwire.tier";

    private final String label;
    private final String tier;

    Way(String label, String tier) {
        this.label = label;
        this.tier = tier;
    }

    /** In tables. */
    public String label() {
        return label;
    }

    /** Plans a graph, its inputs drawn, ready to be run over and over. */
    Timed prepare(KernelCase timed) {
        OperatorTable operators = Operators.all();
        Groups groups = groups();
        TorchBackend backend = TorchBackend.open("cpu", groups);
        Plan plan = Pipeline.plan(
                TextForm.parse(timed.text(), operators).graph(),
                operators,
                new Target(backend, groups),
                Stages.UNHEARD);
        boolean loops = plan.steps().stream().anyMatch(step -> step.work() instanceof Work.Loop);
        if (loops) {
            return new TimedRun(plan, backend);
        }
        return this == LIBTORCH
                ? new TimedSteps(plan, backend, step -> LibraryKernels.of(backend, step.call()))
                : TimedSteps.of(plan, backend);
    }

    private @Nullable Groups groups() {
        if (tier.isEmpty()) {
            return null;
        }
        String before = System.getProperty(TIER);
        System.setProperty(TIER, tier);
        try {
            return VectorGroups.open();
        } finally {
            if (before == null) {
                System.clearProperty(TIER);
            } else {
                System.setProperty(TIER, before);
            }
        }
    }
}
