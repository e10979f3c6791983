import io.digdag.client.DigdagClient;
import com.google.common.collect.ImmutableSet;
import io.digdag.client.config.Config;
import io.digdag.client.config.ConfigFactory;
import io.digdag.core.repository.WorkflowDefinition;
import io.digdag.core.schedule.SchedulerManager;
import io.digdag.spi.ScheduleTime;
import io.digdag.spi.Scheduler;
import io.digdag.spi.SchedulerFactory;
import io.digdag.standards.scheduler.*;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.Callable;

/**
 * Asks the schedulers of the real Digdag. Reads what schedules.py writes: "C ZONE CONFIG" starts a
 * schedule ("S": with unused keys as errors), each line "SECONDS" below it asks about an instant. Answers "E MESSAGE" below a
 * schedule that is refused; else "SECONDS first next last" as distances from the instant, and the
 * delay of the first; '-' where no session is left, '!' where the scheduler fails.
 */
public class ScheduleDriver
{
    private static SchedulerFactory make(String name, ScheduleConfigHelper helper) throws Exception
    {
        Class<?> type = Class.forName("io.digdag.standards.scheduler." + name + "SchedulerFactory");
        Constructor<?> one = type.getDeclaredConstructors()[0];
        one.setAccessible(true);
        return (SchedulerFactory) (one.getParameterCount() == 0 ? one.newInstance() : one.newInstance(helper));
    }

    private static String ask(long at, Callable<ScheduleTime> question)
    {
        try {
            long session = question.call().getTime().getEpochSecond();
            return session >= 253370764800L ? "-" : String.valueOf(session - at);
        }
        catch (Exception e) {
            return "!";
        }
    }

    private static String delay(Callable<ScheduleTime> question)
    {
        try {
            ScheduleTime time = question.call();
            return String.valueOf(time.getRunTime().getEpochSecond() - time.getTime().getEpochSecond());
        }
        catch (Exception e) {
            return "!";
        }
    }

    public static void main(String[] args) throws Exception
    {
        ScheduleConfigHelper helper = new ScheduleConfigHelper();
        SchedulerManager manager = new SchedulerManager(ImmutableSet.of(
                make("Cron", helper), make("Daily", helper), make("Hourly", helper), make("Weekly", helper),
                make("Monthly", helper), make("MinutesInterval", helper), make("SecondsInterval", helper)));
        ConfigFactory factory = new ConfigFactory(DigdagClient.objectMapper());
        PrintStream out = System.out;
        System.setOut(new PrintStream(new ByteArrayOutputStream())); // log lines go there
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        Scheduler scheduler = null;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("C ") || line.startsWith("S ")) {
                String[] parts = line.split(" ", 3);
                out.println(line);
                Config config = factory.create();
                config.set("schedule", factory.fromJsonString(parts[2]));
                scheduler = null;
                try {
                    scheduler = manager.tryGetScheduler(
                            null, WorkflowDefinition.of("w", config, ZoneId.of(parts[1])), line.startsWith("S ")).get();
                }
                catch (Exception e) {
                    out.println("E " + String.valueOf(e.getMessage()).trim().replace("\n", "\\n"));
                }
                continue;
            }
            if (scheduler == null) {
                continue;
            }
            long at = Long.parseLong(line);
            Instant instant = Instant.ofEpochSecond(at);
            Scheduler s = scheduler;
            out.println(at + " " + ask(at, () -> s.getFirstScheduleTime(instant)) + " "
                    + ask(at, () -> s.nextScheduleTime(instant)) + " " + ask(at, () -> s.lastScheduleTime(instant))
                    + " " + delay(() -> s.getFirstScheduleTime(instant)));
        }
    }
}
