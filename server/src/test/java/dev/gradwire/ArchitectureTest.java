package dev.gradwire;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds the import rules between the packages of this module: arrows point up the list of layers only. */
@AnalyzeClasses(
        packages = "dev.gradwire",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.WithoutStubs.class})
final class ArchitectureTest {
    private static final String VECTOR = "dev.gradwire.kernel.vector..";
    private static final String TORCH = "dev.gradwire.kernel.torch..";
    private static final String SERVICE = "dev.gradwire.service..";

    // A class outside of all layers is an error too.
    @ArchTest
    static final ArchRule importsPointUpTheList = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true)
            .ensureAllClassesAreContainedInArchitecture()
            .layer("tensor")
            .definedBy("dev.gradwire.tensor..")
            .layer("kernel")
            .definedBy("dev.gradwire.kernel")
            .layer("kernel.vector")
            .definedBy(VECTOR)
            .layer("kernel.torch")
            .definedBy(TORCH)
            .layer("graph")
            .definedBy("dev.gradwire.graph..")
            .layer("op")
            .definedBy("dev.gradwire.op..")
            .layer("transform")
            .definedBy("dev.gradwire.transform..")
            .layer("pass")
            .definedBy("dev.gradwire.pass..")
            .layer("runtime")
            .definedBy("dev.gradwire.runtime..")
            .layer("engine")
            .definedBy("dev.gradwire.engine..")
            .layer("service")
            .definedBy(SERVICE)
            .whereLayer("tensor")
            .mayNotAccessAnyLayer()
            .whereLayer("kernel")
            .mayOnlyAccessLayers("tensor")
            .whereLayer("kernel.vector")
            .mayOnlyAccessLayers("kernel", "tensor")
            .whereLayer("kernel.torch")
            .mayOnlyAccessLayers("kernel", "tensor")
            .whereLayer("graph")
            .mayOnlyAccessLayers("tensor")
            .whereLayer("op")
            .mayOnlyAccessLayers("graph", "tensor")
            .whereLayer("transform")
            .mayOnlyAccessLayers("op", "graph", "tensor")
            .whereLayer("pass")
            .mayOnlyAccessLayers("op", "graph", "kernel", "tensor")
            .whereLayer("runtime")
            .mayOnlyAccessLayers("pass", "op", "graph", "kernel", "tensor")
            .whereLayer("kernel.vector")
            .mayOnlyBeAccessedByLayers("engine")
            .whereLayer("kernel.torch")
            .mayOnlyBeAccessedByLayers("engine")
            .whereLayer("engine")
            .mayOnlyBeAccessedByLayers("service")
            .whereLayer("service")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule onlyTorchCallsNativeCode = noClasses()
            .that()
            .resideOutsideOfPackage(TORCH)
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.lang\\.foreign\\.Linker(\\$.*)?");

    @ArchTest
    static final ArchRule onlyVectorUsesTheVectorApi = noClasses()
            .that()
            .resideOutsideOfPackage(VECTOR)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector..");

    @ArchTest
    static final ArchRule onlyServiceKnowsTheWire = noClasses()
            .that()
            .resideOutsideOfPackage(SERVICE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "dev.gradwire.v1..", "com.google.protobuf..", "com.google.rpc..");

    /** Leaves out the generated stubs and what belongs to them: they share the base package and are another module's. */
    static final class WithoutStubs implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/dev/gradwire/v1/") && !location.contains("/dev/gradwire/wire/");
        }
    }
}
