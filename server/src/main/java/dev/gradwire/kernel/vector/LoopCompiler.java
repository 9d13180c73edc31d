package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes loops for hot groups, one class for all groups that differ in nothing but sizes and strides. On a thread of its
 * own, of low priority: a loop is written, judged by the tile interpreter on numbers of all kinds, run until the JVM has
 * compiled it and it is the faster one, and only then put in the interpreter's place. One that differs in a bit is
 * refused for good.
 */
final class LoopCompiler implements HotGroups {
    private static final Logger LOG = System.getLogger(LoopCompiler.class.getName());

    /** How many loops are remembered, made or refused. */
    private static final int MOST_LOOPS = 256;

    private static final int MOST_WAITING = 256;

    /** Longer methods are never compiled by the JVM. */
    private static final int MOST_CODE_BYTES = 8000;

    /** Of more instructions no method short enough can be made, nor is a plan for them cheap. */
    private static final int MOST_INSTRUCTIONS = 1000;

    /** Which ways there are to run groups, for tests and profiles. */
    private static final String TIER = "gradwire.tier";

    private final Function<Group, GroupRun> interpreter;
    private final UnaryOperator<byte[]> change;
    private final ThreadPoolExecutor thread;
    private final Map<LoopForm, Made> made;
    private final AtomicLong loops = new AtomicLong();

    /** A loop that agrees with the interpreter, or null where none can be had. */
    private record Made(@Nullable GroupLoop loop) {}

    /**
     * @param interpreter the tile interpreter, for any group
     */
    LoopCompiler(Function<Group, GroupRun> interpreter) {
        this(interpreter, UnaryOperator.identity(), MOST_LOOPS);
    }

    /**
     * @param change what is done to the code of a loop before it becomes a class, for tests
     */
    LoopCompiler(Function<Group, GroupRun> interpreter, UnaryOperator<byte[]> change, int mostLoops) {
        made = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<LoopForm, Made> eldest) {
                return size() > mostLoops;
            }
        };
        this.interpreter = interpreter;
        this.change = change;
        thread = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), LoopCompiler::thread);
        thread.allowCoreThreadTimeOut(true);
    }

    /**
     * What the system property gradwire.tier asks for: 0 for the interpreter alone, 1 for loops at once, made on the
     * thread that runs the group first; in the background where it asks for nothing.
     */
    static HotGroups open(Function<Group, GroupRun> interpreter) {
        LoopCompiler compiler = new LoopCompiler(interpreter);
        return switch (System.getProperty(TIER, "")) {
            case "0" -> HotGroups.NONE;
            case "1" -> compiler.atOnce();
            default -> compiler;
        };
    }

    private HotGroups atOnce() {
        return new HotGroups() {
            @Override
            public long patience() {
                return 0;
            }

            @Override
            public void offer(TieredKernel kernel) {
                LoopRun run = compile(kernel.group());
                if (run != null) {
                    kernel.swap(run);
                }
            }

            @Override
            public long loops() {
                return loops.get();
            }
        };
    }

    @SuppressWarnings("ThreadPriorityCheck") // on a busy machine answers come first
    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "gradwire-loops");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        return thread;
    }

    @Override
    public void offer(TieredKernel kernel) {
        try {
            thread.execute(() -> {
                try {
                    LoopRun run = compile(kernel.group());
                    if (run != null && new LoopTrial(kernel.group(), interpreter).isFaster(run)) {
                        kernel.swap(run);
                    }
                } catch (RuntimeException | LinkageError e) {
                    LOG.log(Level.WARNING, "a group stays with the interpreter", e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "too many groups wait for loops");
        }
    }

    /** A loop for a group, on the calling thread, not yet compiled by the JVM; null where none can be had. */
    @Nullable
    LoopRun compile(Group group) {
        if (group.instructions().size() > MOST_INSTRUCTIONS) {
            return null;
        }
        LoopBinding binding = LoopBinding.of(group);
        if (binding == null) {
            return null;
        }
        Made found;
        synchronized (made) {
            LoopForm form = binding.plan().form();
            found = made.get(form);
            if (found == null) {
                found = new Made(make(binding.plan()));
                made.put(form, found);
            }
        }
        return found.loop() == null ? null : new LoopRun(binding, found.loop());
    }

    @Override
    public long loops() {
        return loops.get();
    }

    /** How many loops there are, made or refused. */
    int count() {
        synchronized (made) {
            return made.size();
        }
    }

    private @Nullable GroupLoop make(LoopPlan plan) {
        if (plan.leastCodeBytes() > MOST_CODE_BYTES) {
            return null;
        }
        byte[] bytes = change.apply(new LoopWriter(plan).write());
        if (longestMethod(bytes) > MOST_CODE_BYTES) {
            return null;
        }
        GroupLoop loop = define(bytes);
        String difference = LoopTrial.difference(plan.form(), interpreter, loop);
        if (difference != null) {
            LOG.log(Level.WARNING, "a loop was refused: {0} in {1}", difference, plan.form());
            return null;
        }
        loops.incrementAndGet();
        return loop;
    }

    private static int longestMethod(byte[] bytes) {
        int most = 0;
        for (MethodModel method : ClassFile.of().parse(bytes).methods()) {
            if (method.code().orElse(null) instanceof CodeAttribute code) {
                most = Math.max(most, code.codeLength());
            }
        }
        return most;
    }

    static GroupLoop define(byte[] bytes) {
        try {
            MethodHandles.Lookup loop = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (GroupLoop) loop.findConstructor(loop.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
