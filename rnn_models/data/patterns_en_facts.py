"""What happens in English sentences: facts that praise or blame, everyday events, plain statements, questions."""

FACTS_TEXT = """
good_fact: works just as described|exactly as described|arrived {early}|arrived {early} and well wrapped|
  the {thing} arrived {early}|the {thing} came {early}|the {thing} came in perfect condition|
  the {thing} was here {early}|delivered to my door {early}|the {thing} looks just like in the photos|
  the {thing} looks even better in real life|the {thing} fits like a glove|the {thing} fits just right|it fits|
  it does everything I need|it does what it promises|it works like a charm|it works like a dream|
  worked on the first try|worked right out of the box|it was up and running in ten minutes|installed in no time|
  I had it running within minutes|easy to put together, even for me|{years} and the {thing} still looks new|
  {years} and the {device} still works|after {years} the {device} still runs perfectly|
  I have had this {device} for {years} and it still works|my {device} has survived {years} of daily use|
  I dropped the {device} {times} and it didn't get a scratch|still going strong after {years}|
  the {device} starts in seconds|the {device} is up to ten times faster now|one charge lasts me {all_week}|
  the battery lasts {all_week}|the battery easily gets me through the day|the {device} runs without a hitch|
  the {device} runs all day without getting warm|the {device} reads everything I throw at it|
  the {device} found all my files again|the picture is crystal clear|the sound fills the whole room|
  you can hear every note|it hardly makes a sound|I bought a second {thing} for my {person}|
  I bought another one for my {person}|I ordered two more|I ordered a second one right away|
  my {person} wants one too|my {person} wants one as well now|my {person} borrowed it and won't give it back|
  my {person} uses it every day|my {person} wears it every day|I use it every day|I use the {thing} every day|
  I wear the {thing} all the time|everybody asks me where I got the {thing}|
  I get compliments on the {thing} all the time|strangers ask me where I bought the {thing}|
  we have three of these now|this is the fourth {thing} I buy from them|I have been a customer for {years}|
  we have been coming here for {years}|we come back every summer|we have already booked for next year|
  we went back {times} in one week|we went again the next day|it is our go-to place now|we will be back|
  I will be back|I'd go back tomorrow|I would come back just for the {dish}|I would buy it again|
  the {dish} melted in my mouth|my {person} licked the plate clean|we ordered a second {dish}|
  we fought over the last bite|there was nothing left on our plates|the {dish} tasted like my grandmother's|
  I still dream about the {dish}|I asked for the recipe|the {dish} came out hot and fast|
  our {dish} was on the table in five minutes|we got a free {dish} on the house|
  they brought a free {dish} for my {person}|they even had a chair for the baby|they remembered my name|
  they remembered our anniversary|they brought water for our dog|the {staff} went out of his way for us|
  the {staff} stayed until everything worked|the {staff} drove back to bring me my {luggage}|
  the {staff} waited for us|the {staff} explained everything in detail|
  the {staff} took the time to answer all my questions|the {staff} found a solution in minutes|
  the {staff} fixed it on the spot|the {staff} gave us a better room for free|
  the {staff} helped my {person} up the stairs|the {staff} called me the next day to see if all was well|
  the {staff} came within the hour|the {staff} held my hand the whole time|the {staff} greeted us with a smile|
  the {staff} knew the answer to every question|the {staff} helped us choose|the {staff} saved our holiday|
  they answered within the hour|they replied the same evening|they sent me a new one at no cost|
  they sent a replacement {early}|they gave me {the_money} back without any questions|
  the refund was on my account the next day|they fixed it in a day|the repair took ten minutes and cost nothing|
  they honored the warranty without a question|I paid half of what others ask|I saved {money}|
  it saved me {money}|it saves me an hour every day|it has already paid for itself|
  it paid for itself in a month|it made my life so much easier|my back pain has disappeared|
  my skin has cleared up|my plants are growing again|the stains came right out|
  my {person} sleeps through the night now|I slept like a baby|I slept better than at home|
  we woke up to the sound of the sea|you can see the whole bay from the balcony|
  the kids had the time of their lives|my {person} couldn't stop talking about it|my {person} cried with joy|
  my {person} was over the moon|we laughed all evening|I laughed until I cried|
  I cried at the end, in the best way|I read it in one night|I read the whole thing in one sitting|
  I finished it in a weekend and ordered the next one|we watched the whole season in one go|
  the audience stood up and clapped|the hall gave them a standing ovation|I was on the edge of my seat|
  I have listened to it a hundred times|I have watched it {times}|
  I have learned more here than in {years} of school|my French has got so much better|
  we stayed until they closed|we stayed two extra nights|everything went as planned|
  everything was ready when we came|we were in and out in ten minutes|we got a table straight away|
  they let us in early|they upgraded us|our bags were waiting for us|we landed half an hour early|
  the {part} broke and they mailed me a new one for free|I ran it over with my car and it still works|
  even my {person}, who hates everything, asked for more|my {person} smiled all day|
  my {person} fell asleep in it within minutes|my {person} refuses to take it off|
  my {person} asked if we can go again|we stayed for another round|we booked two more nights|
  we told all our friends about it|I told everybody at work about it|I keep going back for the {dish}|
  they squeezed us in although they were full|the {staff} opened early just for us|the {staff} came on a Sunday|
  the {staff} refused to take a tip|the {staff} noticed my mistake and corrected it|
  the {staff} lent me his own umbrella|the {staff} walked us to our car in the rain|
  the {staff} sat with my {person} until we came|the {staff} got me on the next flight|
  the {staff} remembered how I take my coffee|setup took less time than making tea|
  it took me two minutes to learn|paired with my phone in seconds|no tools needed and done in a minute|
  the grease was gone after one wipe|the scratches disappeared|the carpet looks like new|
  my knees stopped hurting|I can finally sleep through the night|I can finally hear my {person} again|
  I can see every star with it|it kept us dry in a storm|it kept my coffee hot until the evening|
  it survived three kids and two dogs|I have worn them for a thousand miles|my {device} boots in eight seconds|
  my old {device} took an hour for this, the new one takes a minute|it paid off within a week|
  I passed on the first try thanks to the {staff}|the class flew by|
  we were still talking about the ending at breakfast|the lights came on and nobody moved|
  the whole row was in tears|my {person} has been humming it for days|I missed my stop because of this book|
  I stayed up all night to finish it|my students asked for the next chapter|sold out every night|
  every seat was taken and everybody was singing along|they threw in a second one for free|
  they took the wrong item off the bill at once|they called to check if it had arrived|
  they shipped it the same day|it came with a handwritten note|it was cheaper than the repair|
  it costs half of what my old one did|I got three for the price of one|I haven't been to the doctor since|
  I have gained ten hours a week|I lost twelve pounds with it|my skin feels soft again|
  the dog eats nothing else now|the baby stopped crying|the plants doubled in size|guests always ask about it|
  it still smells fresh after a week|it holds everything I need for a week|
  they even cleaned up after themselves|they finished two days early|they did more than we had paid for
bad_fact: the {part} {broke} {when}|the {part} {broke} {when}|the {part} of the {thing} {broke} {when}|
  the {device} {fail}|my {device} {fail}|our {device} {fail}|we waited {duration} for {a_table}|
  I had to wait {duration} for {a_table}|it took {duration} to get {a_table}|
  {duration} on hold and then they hung up|the line was cut off after {duration}|I was on hold for {duration}|
  after {duration} we gave up and left|the {dish} was cold when it came|the {dish} arrived cold|
  there was a {insect} in the {dish}|I found a {insect} in my {dish}|the {dish} tasted like {cardboard}|
  the {dish} was burnt|the {dish} came without the sauce I paid for|the {dish} made me sick|
  both of us had food poisoning the next day|my stomach hurt all night|we left half of the {dish} on the plate|
  the {dish} had gone bad|the {dish} was past its date|the {staff} ignored us|the {staff} rolled his eyes|
  the {staff} hung up on me|the {staff} yelled at my {person}|the {staff} laughed at me|
  the {staff} never showed up|the {staff} forgot our order|the {staff} forgot about us|
  the {staff} spilled the {dish} on my {thing}|the {staff} talked on his phone the whole time|
  the {staff} sent us away|the {staff} lied to us|the {staff} didn't even look up|the {staff} argued with me|
  the {staff} told me it was my fault|the {staff} could not answer a single question|
  the {staff} walked away while I was talking|the {thing} came {damaged}|the {thing} arrived {damaged}|
  the {thing} arrived {duration} late|the {thing} never came|the {thing} never arrived|
  they sent the wrong {thing}|they sent the wrong size|they sent the wrong color|half of the parts were missing|
  the manual was missing|two screws were missing|the {thing} had a {hole} in it|
  there was a {hole} in the {thing}|the {thing} looked nothing like the picture|the {thing} was used|
  the {thing} smells of {smoke}|the {thing} was two sizes too small|the {thing} didn't fit|
  the {thing} fell apart in my hands|the color washed out|the {thing} faded after one wash|
  the {thing} gave me a rash|I had to return the {thing}|I sent the {thing} back|I threw the {thing} away|
  the {thing} went straight into the bin|the {thing} has been sitting in a drawer ever since|
  I returned it the next day|mine broke {when}|it broke {when}|it lasted {time_short}|
  it only lasted {time_short}|it stopped working {when}|they charged me {money} for {nothing_}|
  they charged me for things I didn't order|I paid {money} for {nothing_}|they still owe me {money}|
  they took {money} from my account without asking|they kept my deposit|
  they refused to give me {the_money} back|they wouldn't refund me|I never got my refund|my refund was denied|
  they added a hidden fee|the bill was wrong|they raised the price without telling us|the price doubled|
  they lost my {luggage}|my {luggage} got lost|they cancelled our {flight}|our {flight} was cancelled|
  the {flight} was delayed by {duration}|we missed our connection|the {flight} was overbooked|
  they gave our {table_} to somebody else|our reservation was gone|there was no record of my booking|
  they closed early and nobody told us|the shop was closed although the website said open|
  the elevator was out of order all week|the wifi never worked|the heating was broken|
  the air conditioning didn't work|the shower had no pressure|the sheets were stained|the sheets had stains|
  there was mold {on_the_wall}|there were ants {on_the_wall}|there was hair {on_the_wall}|
  the room smelled of {smoke}|the whole place smelled of {smoke}|we couldn't sleep because of the noise|
  the walls were so thin that we heard everything|the neighbors' music kept us awake all night|
  I woke up with bites all over my arms|the toilet was blocked|water dripped from the ceiling|
  the door didn't lock|I called {times} and got no answer|I called {times} and nobody picked up|
  I wrote to them {times} and never heard back|nobody called me back|nobody replied to my message|
  I have written {times} without a reply|support told me to buy a new one|support closed my ticket|
  they blamed me for it|they never apologized|they told us it was not their problem|they ignored my complaint|
  I fell asleep halfway through|half of the audience left before the end|we walked out after {time_short}|
  I stopped reading after thirty pages|I gave up after two chapters|I turned it off after ten minutes|
  I could see the end coming from the first scene|nobody in the theater laughed|
  I checked my watch every five minutes|I deleted it the same day|I uninstalled it after an hour|
  I cancelled my subscription|I will take my business elsewhere|I went back to my old one|
  I ended up buying another one|I had to buy a new one|I had to do it all over again|my old one was faster|
  the paint is coming off|the screen has dead pixels|the screen flickers|the screen is scratched|
  the sound cuts out|the picture is grainy|the ink runs out after ten pages|the pages fell out|
  the print is too small to read|the buttons stick|the fabric pills|the seams are coming apart|the bottom leaks|
  it leaks|it leaks everywhere|it scratches everything|it doesn't fit|it doesn't stay on|it doesn't charge|
  it doesn't connect|it won't start|the strap gave way on the first hike|the {staff} ran a red light|
  the {staff} left us standing in the rain|the {staff} sold us the wrong tickets|
  the {staff} took another customer first|the {staff} shrugged and walked off|
  the {staff} corrected my {person} in front of everybody|the {staff} threw the bag on the floor|
  the {staff} asked for a tip before we had eaten|we were the only guests and still waited {duration}|
  they ran out of {dish} before we got there|they ran out of everything|they served {dish} on a dirty plate|
  the cups were still dirty|my fork had old food on it|the table was sticky|
  the {dish} was still frozen in the middle|my {person} spent the night in the bathroom|
  I needed two glasses of water after one bite|I had to eat something at home afterwards|I left hungry|
  two of the plates were cracked|the lid won't close|the drawer won't open|the wheels squeak|the colors ran|
  the lining ripped|the ring turned my finger green|the shirt came back with a burn mark|they ruined my {thing}|
  my hair fell out|my ears ring|my neck hurts since I use it|it hurts my {body}|it pinches my {body}|
  it gave my {person} a headache|it woke the whole house|it scratched my floor|it blew a fuse|
  it burned my {dish}|it ate my battery|it lost all my contacts|it deleted my notes|
  it shows ads every ten seconds|it logs me out every day|it needs an update every morning|
  it can't find the network|the map sent us into a field|the room was next to the elevator and the ice machine|
  there was no towel, no soap, no water|the pool was closed for repairs|the bed collapsed|
  the sea view was a parking lot|the tour skipped half of the sights|the bus never came|
  the train was cancelled without notice|I missed my own graduation because of them|
  we arrived after the concert was over|they double booked our seats|they moved our appointment {times}|
  they put the wrong name on the cake|they spelled my name wrong|the wedding pictures are out of focus|
  the invoice says something else|the code doesn't work|the coupon was refused|the warranty doesn't cover it|
  the return costs more than the {thing}|my money is gone|my account got locked|they sold my address|
  I get their spam every day|nobody knows where my package is|the tracking hasn't changed for {duration}|
  the package was left in the rain|the package was thrown over the fence|
  the box was open and half of it was gone
Everyday_good: I got the job|I passed the exam|my daughter took her first steps|
  the sun is out and I'm at the beach|finally on holiday|we are engaged|my test came back clear|
  my {person} is coming home|best day of my life|I feel great today|had a great time with my {person}|
  so happy for my {person}|I love my {person}|I love this city|I love weekends|can't stop smiling|
  so excited for {tomorrow}|so excited for the concert|we won|we won the cup|our team won the game|
  I'm so grateful for my {person}|thank you all for the birthday wishes|what a beautiful morning|
  my {person} made me breakfast in bed|I finally finished my thesis|got my dream flat|
  my garden is in full bloom|feeling better today|I got a raise|my {person} surprised me with flowers|
  had the best sleep|it's good to be home|I missed you and now you're here|proud of my {person}|
  congratulations to my {person}|thank you for your help|thanks, that helped a lot|that made my day|
  you made me smile|looking forward to {tomorrow}|I am in love|life is good|my {person} got into university|
  we saw dolphins
Everyday_bad: I lost my keys|I failed the exam|I missed the bus|I missed my train|my cat is sick|
  my dog ran away|my {person} is in hospital|my grandfather passed away|I miss my {person}|
  I miss my {person} so much|I miss home|I miss you|we broke up|she left me|I got fired|I lost my job|
  I can't sleep|I have a headache|I've been sick all week|I have had a fever since yesterday|my car won't start|
  somebody stole my bike|somebody broke into our house|my wallet got stolen|I cracked my phone|
  I spilled coffee on my laptop|I'm so tired of this|I hate mondays|I hate my job|I hate waiting|I hate this|
  I hate it here|I'm so angry|I am so stressed|I'm worried about my {person}|I'm scared|I feel awful|I feel sad|
  I feel alone|I feel like crying|I cried all night|nobody came to my party|nobody remembered my birthday|
  worst day ever|what a horrible week|my flight got cancelled|it has rained for two weeks|we lost|we lost again|
  our team lost the game|I'm stuck in traffic|stuck at the airport|my tooth hurts|my back hurts|
  the power is out again|my rent went up again|I can't pay the rent|so disappointed in my {person}|
  so sad about the news|he cheated on her|they lied to us|people are so rude|I burned dinner|
  I forgot my umbrella and it's pouring|shame on you|this is a disgrace|how sad|I'm fed up|enough is enough
statement: the {vehicle} leaves at {clock}|the {vehicle} leaves from {platform}|
  the {vehicle} arrives at {clock}|the {vehicle} goes to {city}|the {vehicle} stops in {city}|
  there is a {vehicle} to {city} at {clock}|the {office} opens at {clock}|
  the {office} closes at {clock} on {weekday}s|the {office} is next to the {office}|
  the {office} is across from the {office}|the {office} is on {street}|the {office} is closed on {weekday}s|
  the {office} is open from {clock} to {clock}|the {office} has {number} floors|there is a {office} on {street}|
  you can park behind the {office}|I put the {object} {where}|she put the {object} {where}|
  the {object} is {where}|the {object}s are {where}|he left the {object} {where}|my {object} is {color}|
  the {object} is {color}|the {object} is made of {material}|the {object} comes in {color} and {color}|
  the {object} weighs {number} kilos|the box contains a {object} and a {object}|
  the set comes with {number} {object}s|a {object} is included|the {object} costs {number} dollars|
  I bought the {object} in {month}|I bought a {object} on {weekday}|I ordered the {object} on {weekday}|
  I ordered a {object} and a {object}|the {object} ships from {city}|the package comes on {weekday}|
  your order has been shipped|the order number is {number}|my {person} is a {profession}|
  my {person} works as a {profession}|my {person} lives in {city}|my {person} was born in {year}|
  her {person} studies in {city}|his {person} is {number} years old|my {person} takes the {vehicle} to work|
  my {person} plays {sport} on {weekday}s|my {person} has {number} children|we moved to {city} in {year}|
  they live near the {office}|they have {number} cats|she speaks three languages|he wears a size {number}|
  I am from {city}|I work at the {office}|I have a meeting at {clock}|I have an appointment on {weekday}|
  I'm going to the {office} {later}|I am at the {office}|I'm on the {vehicle}|I'm on my way to {city}|
  we are going to {city} {later}|I had {dish} for {meal}|we had {dish} and {dish}|
  we ordered the {dish} and the {dish}|I ordered the {dish}|they serve {dish} and {dish}|
  the menu has {number} dishes|the {dish} comes with {dish}|the {dish} is made with {dish}|
  I usually drink {drink} in the morning|I took the {dish} to go|we sat outside|we sat at the bar|
  we went there on {weekday}|we went for {meal}|my {person} ordered the {dish}|we were a party of {number}|
  we paid by card|the {device_} has a {number} inch screen|the {device_} has {number} gigabytes of memory|
  the {device_} has {number} ports|the {device_} comes with a {object}|the {device_} runs on two batteries|
  the {device_} uses a standard cable|the {device_} supports {color} and {color}|I use the {device_} for work|
  I bought this {device_} for my {person}|this is my second {device_}|I replaced my {device_} in {year}|
  the {device_} was announced in {month}|the battery is on the back|the power button is on the side|
  I installed the software on {weekday}|it has {number} settings|it comes with a charger|
  you need two batteries for it|it is available in {color}|the film was released in {year}|
  the film is {number} minutes long|the film is set in {city}|the film is about a {profession}|
  the book has {number} chapters|the book has {number} pages|the book was written in {year}|
  the story begins in {city}|the series has {number} episodes|the series follows a {profession} from {city}|
  she plays a {profession}|the main character is a {profession}|it is based on a novel|
  the concert starts at {clock}|the album has {number} songs|the show is on {weekday} at {clock}|
  I watched it on {weekday}|I read it in {month}|the meeting is on {weekday} at {clock}|
  the meeting was moved to {weekday}|the meeting takes place in room {number}|the committee meets on {weekday}|
  the council will vote in {month}|the report has {number} pages|the report will be published on {weekday}|
  the election is in {month}|the game is on {weekday}|the class starts in {month}|
  the course lasts {number} weeks|registration ends on {weekday}|the museum has {number} rooms|
  the bridge was built in {year}|the river flows through {city}|{city} has two airports|
  the population is {number} thousand|they painted the {object} {color}|it is {number} degrees outside|
  it's {weekday}|today is {weekday}|tomorrow is {weekday}|the next one is on {weekday}|see you on {weekday}|
  see you at {clock}|I'll call you {later}|I will be there at {clock}|I'm at home {later}|
  he said he will come {later}|they announced it on {weekday}|the article is about {city}|
  the street is called {street}|turn left at the {office}|take the second door on the right|
  add two cups of {drink} and stir|press the {color} button to start|mix the {dish} with the {dish}|
  let it cool for {number} minutes|keep it in the fridge|wash at {number} degrees|
  put the {object} {where} and close the door|please find the {object} {where}|here is the link|
  new post on the website|I'm watching the game {later}|I'm reading a book about {city}|
  I'm listening to the radio|he's a {profession}|she's at the {office}|I live with my {person}|
  I have two {object}s|the sun rises in the east|ice melts at zero degrees|a week has seven days|
  {city} is south of {city}|it takes about {number} minutes to walk there|the apartment is on the second floor|
  the house has a garage and a garden|we have {number} bedrooms|the kitchen is on the left|
  she had soup for {meal}|he made {dish} for {meal}|I ate {dish} and {dish} this morning|
  my {person} is cooking {dish}|my {person} called me {later}|my {person} is waiting at the {office}|
  my {person} drives a {color} car|my {person} went to the {office}|the kids are at school|
  the children are in the garden|the neighbors are on vacation|they met in {city} in {year}|
  they got married in {year}|he was {number} when they moved to {city}|I wrote the address on the {object}|
  I took a picture of the {object}|I washed the car on {weekday}|I changed the {object}|I turned off the light|
  I opened the window|I bought milk and bread|I picked up the {object} from the {office}|
  we painted the wall {color}|we drove to {city}|we took the {vehicle} back|we parked near the {office}|
  we walked from the {office} to the {office}|we left at {clock}|we checked in at {clock}|
  check-out is at {clock}|we stayed for {number} nights|our room was on the {number}th floor|
  our table was near the window|the waiter brought the menu|the driver asked for the address|
  the doctor will call {later}|the technician comes on {weekday}|the team has {number} members|
  the company was founded in {year}|the factory makes {object}s|prices start at {number} dollars|
  delivery takes three to five days|the invoice was sent on {weekday}|the warranty lasts two years|
  you can choose between {color} and {color}|the manual is in English and Spanish|fold the paper in half|
  peel the potatoes and cut them into pieces|press and hold the button for {number} seconds|
  the password has eight letters|the file is in the folder|the printer is on the second floor|
  the update was released in {month}|the phone runs the latest version|the headphones are wireless|
  the cable is {number} feet long|the lens is 50 mm|the jacket is made of {material}|the sleeves are long|
  size {number} was available
QUESTIONS: at what time does the {office} open?|what time does the {vehicle} leave?|when does the {office} close?|
  when is the next {vehicle}?|when is your birthday?|when will my order arrive?|
  when is the {office} open {later}?|where is the {office}?|where is my {object}?|where can I find a {office}?|
  where did you get that {object}?|where do you live?|where are you going {later}?|how much is the {object}?|
  how much does the {object} cost?|how long does the {vehicle} take?|how many {object}s are there?|
  how old is your {person}?|how do I get to the {office}?|how do I change my password?|how do you make {dish}?|
  how far is it to {city}?|is the {office} open on {weekday}?|is there a {office} near here?|
  is this the {vehicle} to {city}?|is the {object} {color}?|is it {weekday}?|is breakfast included?|
  is there wifi?|is this still available?|does the {device_} come with a {object}?|
  does the {device_} have a camera?|does the {vehicle} stop in {city}?|does anybody know where the {office} is?|
  does anyone have a {object}?|do you have this in {color}?|do you have a {object}?|do you speak German?|
  do I need a {object}?|do they serve {dish}?|do you want {drink} or {drink}?|
  did you see the game on {weekday}?|did you get my message?|did my {person} call?|can I bring my {person}?|
  can I get a {drink}, please?|can you send me the {object}?|can we meet at {clock}?|can you call me {later}?|
  could you tell me the price?|could you open the window, please?|would you like some {drink}?|
  will you be at the {office} {later}?|will it rain {later}?|are you at home?|are you coming on {weekday}?|
  are there any tickets left?|are the {object}s {where}?|which {vehicle} goes to {city}?|
  which one do you want, the {color} or the {color} one?|which size do you take?|who is coming {later}?|
  who wrote this book?|who plays the {profession}?|what is your name?|what is the address?|what's for {meal}?|
  what are you doing {later}?|what is this {object} for?|what does this button do?|
  what do you think about the {object}?|what do you do for a living?|what kind of {drink} do you have?|
  why is the sky blue?|why do you ask?|have you been to {city}?|have you seen my {object}?|
  has the {vehicle} left?|has anybody tried the {dish}?|should I take the {vehicle} or the {vehicle}?|
  shall we meet at the {office}?|any idea when the {office} opens?|anyone going to {city} {later}?|
  what's the score?|who won?
"""
