package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loops against the tile interpreter, to the bit. */
class LoopsTest {
    /** Runs parts on threads of their own, all at once. */
    static final Lane THREADS = new Lane() {
        @Override
        public void poll() {}

        @Override
        public void split(int parts, IntConsumer part) {
            CompletableFuture<?>[] running = new CompletableFuture<?>[parts];
            for (int i = 0; i < parts; i++) {
                int own = i;
                running[i] = CompletableFuture.runAsync(() -> part.accept(own));
            }
            CompletableFuture.allOf(running).join();
        }
    };

    @ParameterizedTest
    @CsvSource({
        "1, 1, 20",
        "1, 13, 40",
        "5, 207, 40",
        "3, 4098, 30",
        "130, 35, 30",
        "6, 12, 30",
        "1, 300000, 6",
        "300, 257, 10",
        "5000, 3, 10",
        "70, 1, 20",
        "9000, 1, 6"
    })
    void givesTheInterpretersBits(long rows, long columns, int cases) {
        int made = 0;
        for (int seed = 0; seed < cases; seed++) {
            Random random = new Random(31 * rows + columns + 1000L * seed);
            Group group = LoopGroups.draw(random, rows, columns, 1 + random.nextInt(25));
            LoopBinding binding = LoopBinding.of(group);
            if (binding == null) {
                continue;
            }
            made++;
            GroupLoop loop = LoopCompiler.define(new LoopWriter(binding.plan()).write());
            try (Arena arena = Arena.ofShared()) {
                DeviceTensor[] operands = group.reads().stream()
                        .map(read -> HostTensor.allocate(
                                        arena, read.dtype(), read.layout().lastOffset() + 1)
                                .fill(random))
                        .toArray(DeviceTensor[]::new);
                HostTensor[] expected = results(arena, group);
                interpreter(group).run(operands, expected, Lane.ALONE);
                for (Lane lane : List.of(Lane.ALONE, THREADS)) {
                    HostTensor[] actual = results(arena, group);
                    new LoopRun(binding, loop).run(operands, actual, lane);
                    assertSame(expected, actual, group);
                }
            }
        }
        assertThat(made).isGreaterThan(cases / 2);
    }

    private static GroupRun interpreter(Group group) {
        return ((TieredKernel) VectorGroups.withVectors().compile(group)).interpreter();
    }

    static HostTensor[] results(Arena arena, Group group) {
        return group.writes().stream()
                .map(write -> HostTensor.allocate(arena, group.dtype(write.value()), group.elements(write)))
                .toArray(HostTensor[]::new);
    }

    static void assertSame(HostTensor[] expected, HostTensor[] actual, Group group) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i].isIntact()).isTrue();
            for (long j = 0; j < expected[i].elements(); j++) {
                boolean same = expected[i].dtype().isFloating()
                        ? Double.doubleToLongBits(expected[i].real(j)) == Double.doubleToLongBits(actual[i].real(j))
                        : expected[i].whole(j) == actual[i].whole(j);
                if (!same) {
                    assertThat(same).as("result %s at %s of %s", i, j, group).isTrue();
                }
            }
        }
    }

    /** sum((a·b + number)²) over the columns, and the product. */
    private static Group sample(double number, long columns) {
        Group.Read read = new Group.Read(DType.FLOAT32, Group.Places.of(Layout.contiguous(Shape.of(columns))), false);
        List<Group.Instruction> lines = List.of(
                new Group.Instruction(
                        GroupOp.CONSTANT, DType.FLOAT32, true, -1, -1, -1, Double.doubleToRawLongBits(number)),
                new Group.Instruction(GroupOp.MUL, DType.FLOAT32, false, 0, 1, -1, 0),
                new Group.Instruction(GroupOp.ADD, DType.FLOAT32, false, 3, 2, -1, 0),
                new Group.Instruction(GroupOp.MUL, DType.FLOAT32, false, 4, 4, -1, 0),
                new Group.Instruction(GroupOp.SUM, DType.FLOAT32, true, 5, -1, -1, 0));
        return new Group(
                1, columns, List.of(read, read), lines, List.of(new Group.Write(3, null), new Group.Write(6, null)));
    }

    @Test
    void replacesTheInterpreterOfAHotGroup() throws InterruptedException {
        Group group = sample(1, 1 << 14);
        LoopCompiler compiler = new LoopCompiler(LoopsTest::interpreter);
        TieredKernel kernel = new TieredKernel(group, interpreter(group), compiler);
        compiler.offer(kernel);
        for (int i = 0; i < 600 && !(kernel.current() instanceof LoopRun); i++) {
            Thread.sleep(100);
        }
        assertThat(kernel.current()).isInstanceOf(LoopRun.class);
    }

    @Test
    void refusesALoopThatDiffers() {
        LoopCompiler compiler = new LoopCompiler(LoopsTest::interpreter, LoopsTest::withSumsForProducts, 8);
        assertThat(compiler.compile(sample(1, 100))).isNull();
        assertThat(new LoopCompiler(LoopsTest::interpreter).compile(sample(1, 100)))
                .isNotNull();
    }

    /** The same class, but every product is a sum. */
    private static byte[] withSumsForProducts(byte[] bytes) {
        ClassFile file = ClassFile.of();
        CodeTransform change = (code, element) -> {
            if (element instanceof InvokeInstruction call
                    && call.opcode() == Opcode.INVOKEVIRTUAL
                    && call.name().equalsString("mul")) {
                code.invokevirtual(call.owner().asSymbol(), "add", call.typeSymbol());
            } else {
                code.with(element);
            }
        };
        return file.transformClass(file.parse(bytes), ClassTransform.transformingMethodBodies(change));
    }

    @Test
    void sharesLoopsAndForgetsOldOnes() {
        LoopCompiler compiler = new LoopCompiler(LoopsTest::interpreter, UnaryOperator.identity(), 8);
        assertThat(compiler.compile(sample(1, 100))).isNotNull();
        assertThat(compiler.compile(sample(1, 200))).isNotNull();
        assertThat(compiler.count()).isEqualTo(1);
        for (int i = 0; i < 12; i++) {
            compiler.compile(sample(i, 13));
        }
        assertThat(compiler.count()).isEqualTo(8);
    }

    @Test
    void leavesOtherDtypesToTheInterpreter() {
        List<Group> groups = new ArrayList<>();
        for (DType dtype : List.of(DType.FLOAT16, DType.FLOAT64)) {
            Group.Places places = Group.Places.of(Layout.contiguous(Shape.of(8)));
            groups.add(new Group(
                    1,
                    8,
                    List.of(new Group.Read(dtype, places, false)),
                    List.of(new Group.Instruction(GroupOp.CAST, DType.FLOAT32, false, 0, -1, -1, 0)),
                    List.of(new Group.Write(1, null))));
        }
        assertThat(groups).allSatisfy(group -> assertThat(LoopBinding.of(group)).isNull());
    }
}
